BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE attempts (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	worker VARCHAR(100), 
	error TEXT NOT NULL, 
	ended DATETIME NOT NULL, 
	PRIMARY KEY (job_id, number, attempt), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
CREATE TABLE baselines (
	job_id INTEGER NOT NULL, 
	label VARCHAR(100) NOT NULL, 
	position INTEGER NOT NULL, 
	candidate JSON, 
	metrics JSON NOT NULL, 
	standard_errors JSON NOT NULL, 
	violations JSON NOT NULL, 
	test_metrics JSON NOT NULL, 
	test_standard_errors JSON NOT NULL, 
	error TEXT, 
	PRIMARY KEY (job_id, label), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "baselines" VALUES(1,'float32',0,NULL,'{"quality": 0.9, "loss": 0.1, "size": 40.0}','{}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 0',0,'[3, 3, 3, 3, 3]','{"quality": 0.4951736483418959, "loss": 0.019306006257642276, "size": 15.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 1',1,'[3, 3, 3, 3, 2]','{"quality": 0.49724557624959487, "loss": 0.011017806456452076, "size": 14.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 2',2,'[3, 2, 3, 3, 3]','{"quality": 0.4723997880611539, "loss": 0.1105131868663962, "size": 14.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 3',3,'[3, 3, 3, 2, 3]','{"quality": 0.5082689475170111, "loss": -0.033078805994248284, "size": 14.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 4',4,'[2, 3, 3, 3, 3]','{"quality": 0.45854935767478056, "loss": 0.16618397615006741, "size": 14.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 5',5,'[3, 3, 2, 3, 3]','{"quality": 0.49631466395645824, "loss": 0.014741611132922522, "size": 14.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 6',6,'[3, 1, 3, 3, 3]','{"quality": 0.48562230529610306, "loss": 0.057526638043417996, "size": 13.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 7',7,'[3, 3, 3, 1, 3]','{"quality": 0.47822177360196017, "loss": 0.08716805755818675, "size": 13.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 8',8,'[3, 3, 3, 3, 1]','{"quality": 0.4908560004119001, "loss": 0.036580076796212946, "size": 13.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 9',9,'[1, 3, 3, 3, 3]','{"quality": 0.4846921747785868, "loss": 0.06125044271988844, "size": 13.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 10',10,'[3, 3, 1, 3, 3]','{"quality": 0.44718072951567533, "loss": 0.21206830213262817, "size": 13.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 11',11,'[3, 3, 3, 0, 3]','{"quality": 0.4194771745992448, "loss": 0.32492000714770297, "size": 12.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 12',12,'[3, 3, 3, 3, 0]','{"quality": 0.46302325715348003, "loss": 0.14817749990272777, "size": 12.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 13',13,'[3, 3, 0, 3, 3]','{"quality": 0.4593389446070986, "loss": 0.16300418856192445, "size": 12.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 14',14,'[0, 3, 3, 3, 3]','{"quality": 0.4541415523929327, "loss": 0.18395074980912945, "size": 12.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 15',15,'[3, 0, 3, 3, 3]','{"quality": 0.42388317559252964, "loss": 0.30685257227862855, "size": 12.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 1',1,'[3, 3, 2, 2, 2]','{"quality": 0.45358245399920516, "loss": 0.18620634974252503, "size": 12.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 2',2,'[0, 1, 0, 1, 0]','{"quality": 0.30025421594623125, "loss": 0.8460876011309151, "size": 2.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 3',3,'[1, 1, 2, 2, 0]','{"quality": 0.42148900779560833, "loss": 0.31666384934570496, "size": 6.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 4',4,'[1, 1, 0, 2, 0]','{"quality": 0.34541663636618064, "loss": 0.6392476171316112, "size": 4.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 5',5,'[1, 1, 2, 2, 2]','{"quality": 0.4537489295804862, "loss": 0.18553467946092944, "size": 8.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 6',6,'[1, 1, 0, 1, 0]','{"quality": 0.3620851157489263, "loss": 0.5663255536139284, "size": 3.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 7',7,'[3, 1, 2, 2, 2]','{"quality": 0.4350898794918243, "loss": 0.2611140104782377, "size": 10.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 8',8,'[1, 1, 0, 2, 1]','{"quality": 0.3701763641402675, "loss": 0.5314602852037935, "size": 5.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 9',9,'[1, 1, 2, 2, 1]','{"quality": 0.4480634135454178, "loss": 0.20849838957621375, "size": 7.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 10',10,'[3, 1, 2, 2, 1]','{"quality": 0.42281344263260345, "loss": 0.3112344894475215, "size": 9.0}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 11',11,'[3, 3, 2, 2, 1]','{"quality": 0.439299774533486, "loss": 0.24400436750448792, "size": 11.0}','{"loss": 0.01}','{}','{}','{}',NULL);
CREATE TABLE curves (
	job_id INTEGER NOT NULL, 
	curve VARCHAR(100) NOT NULL, 
	position INTEGER NOT NULL, 
	proposals INTEGER NOT NULL, 
	value FLOAT, 
	PRIMARY KEY (job_id, curve, position), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	moment DATETIME NOT NULL, 
	level VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:25.423580','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:25.569364','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,3);
INSERT INTO "front" VALUES(1,8);
INSERT INTO "front" VALUES(1,12);
INSERT INTO "front" VALUES(1,17);
INSERT INTO "front" VALUES(1,18);
INSERT INTO "front" VALUES(1,20);
INSERT INTO "front" VALUES(1,21);
INSERT INTO "front" VALUES(1,23);
INSERT INTO "front" VALUES(1,24);
CREATE TABLE hypervolume (
	job_id INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (job_id, finished), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "hypervolume" VALUES(1,1,6.21983436522243415822e-01);
INSERT INTO "hypervolume" VALUES(1,2,6.48209606450826592016e-01);
INSERT INTO "hypervolume" VALUES(1,4,6.55375305974065347491e-01);
INSERT INTO "hypervolume" VALUES(1,7,0.680015764486294);
INSERT INTO "hypervolume" VALUES(1,9,0.680146680494089);
INSERT INTO "hypervolume" VALUES(1,12,7.03115930449415893477e-01);
INSERT INTO "hypervolume" VALUES(1,13,7.04220571119696936435e-01);
INSERT INTO "hypervolume" VALUES(1,18,9.0134009604901477175e-01);
INSERT INTO "hypervolume" VALUES(1,19,9.21193486740960132408e-01);
INSERT INTO "hypervolume" VALUES(1,20,9.23778986540951363437e-01);
INSERT INTO "hypervolume" VALUES(1,21,9.27057215788070765327e-01);
INSERT INTO "hypervolume" VALUES(1,22,0.929717254379023);
INSERT INTO "hypervolume" VALUES(1,24,9.29935162306586349245e-01);
INSERT INTO "hypervolume" VALUES(1,25,9.3061119643014567071e-01);
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	spec JSON NOT NULL, 
	"plan" JSON NOT NULL, 
	n_trials INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	failed INTEGER NOT NULL, 
	pruned INTEGER NOT NULL, 
	front_size INTEGER NOT NULL, 
	hypervolume FLOAT NOT NULL, 
	message TEXT, 
	created DATETIME NOT NULL, 
	ended DATETIME, requested VARCHAR(16), holder VARCHAR(200), fence INTEGER DEFAULT '0' NOT NULL, lease_until DATETIME, writes INTEGER DEFAULT '0' NOT NULL, seconds FLOAT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES(1,'choices','PAUSED','{"name": "choices", "seed": 3, "space": {"name": "choices", "choices": {"c0": [0, 1, 2, 3], "c1": [0, 1, 2, 3], "c2": [0, 1, 2, 3], "c3": [0, 1, 2, 3], "c4": [0, 1, 2, 3]}, "categorical": ["c1"]}, "evaluator": {"name": "toy:Toy"}, "objectives": [{"metric": "loss"}, {"metric": "size"}], "constraints": ["size >= 2"], "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "c0", "options": [0, 1, 2, 3], "ordered": true}, {"name": "c1", "options": [0, 1, 2, 3], "ordered": false}, {"name": "c2", "options": [0, 1, 2, 3], "ordered": true}, {"name": "c3", "options": [0, 1, 2, 3], "ordered": true}, {"name": "c4", "options": [0, 1, 2, 3], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "size", "direction": "minimize"}], "constraints": [{"metric": "size", "operator": ">=", "bound": 2.0}], "best": [0.0, 0.0], "worst": [4.0, 40.0], "profile": null, "costs": [], "identity": {"evaluator": "toy:Toy {} version 1", "code": "1a55e6b7af15f165"}}',40,27,0,0,9,9.3061119643014567071e-01,'interrupted','2026-11-24 08:09:25.412788','2026-11-24 08:09:25.570114',NULL,NULL,1,'2026-11-24 08:09:55.580422',60,1.49934779000034268392e-01);
CREATE TABLE measurements (
	"key" VARCHAR(64) NOT NULL, 
	metrics JSON NOT NULL, 
	standard_errors JSON NOT NULL, 
	artifacts JSON NOT NULL, 
	seconds FLOAT, 
	source VARCHAR(100) NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "measurements" VALUES('0471395ae189f41fc48366698c7be73cfbe099cf539e50d57c4b64ceaebc3c61','{"quality": 0.9, "loss": 0.1, "size": 40.0}','{}','{}',0.0,'job 1 float32');
INSERT INTO "measurements" VALUES('85c89419f312e8a7155614b125dc630f08b0ad544dae51a644e22585d9d9e6f5','{"quality": 0.4951736483418959, "loss": 0.019306006257642276, "size": 15.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 3, 3)"}',0.5,'job 1 single change 0');
INSERT INTO "measurements" VALUES('128e5bdeeb8165406bdd8e2b796a0f5cd1105b1bb3db798e39c5e0ecb07d8804','{"quality": 0.49724557624959487, "loss": 0.011017806456452076, "size": 14.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 3, 2)"}',0.5,'job 1 single change 1');
INSERT INTO "measurements" VALUES('989fb1d6820bd4d51d8c5b7b8c4febbcb205e0c5475f7dc96386f2107c78e0cc','{"quality": 0.4723997880611539, "loss": 0.1105131868663962, "size": 14.0}','{"loss": 0.01}','{"log": "memory:(3, 2, 3, 3, 3)"}',0.5,'job 1 single change 2');
INSERT INTO "measurements" VALUES('a9a6b2a100c554fdf4b4208ee9e8eb0315f024079203d15746e93543835f134b','{"quality": 0.5082689475170111, "loss": -0.033078805994248284, "size": 14.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 2, 3)"}',0.5,'job 1 single change 3');
INSERT INTO "measurements" VALUES('bdd5390f3d86a3e89d49e975f4e89800498784ce736ccf57d0aabcc4e70cd731','{"quality": 0.45854935767478056, "loss": 0.16618397615006741, "size": 14.0}','{"loss": 0.01}','{"log": "memory:(2, 3, 3, 3, 3)"}',0.5,'job 1 single change 4');
INSERT INTO "measurements" VALUES('41f39e466f46cab2aaa9bcf19bb979abece64965d594ea30aa1525aad73b2e42','{"quality": 0.49631466395645824, "loss": 0.014741611132922522, "size": 14.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 2, 3, 3)"}',0.5,'job 1 single change 5');
INSERT INTO "measurements" VALUES('bb4375240d618b5eaa7788d17e364d67a00dd200f8abada2b34d4e9d60ebd235','{"quality": 0.48562230529610306, "loss": 0.057526638043417996, "size": 13.0}','{"loss": 0.01}','{"log": "memory:(3, 1, 3, 3, 3)"}',0.5,'job 1 single change 6');
INSERT INTO "measurements" VALUES('224286c102d7c722bcff6e40738412cc6450988e1c380449d8388227c563225f','{"quality": 0.47822177360196017, "loss": 0.08716805755818675, "size": 13.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 1, 3)"}',0.5,'job 1 single change 7');
INSERT INTO "measurements" VALUES('fb2bb67f4a725cde457f578743f24b711b68516ae37d1dadbe24a043e48bbb1e','{"quality": 0.4908560004119001, "loss": 0.036580076796212946, "size": 13.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 3, 1)"}',0.5,'job 1 single change 8');
INSERT INTO "measurements" VALUES('74b4df273ace387592a9a239e17e4c6cf93d1290311e21df4c907f3cdf5df526','{"quality": 0.4846921747785868, "loss": 0.06125044271988844, "size": 13.0}','{"loss": 0.01}','{"log": "memory:(1, 3, 3, 3, 3)"}',0.5,'job 1 single change 9');
INSERT INTO "measurements" VALUES('d4661afe4f676aeeccfc427a6600c7b7556cf5b6a285a462d9176580f1299b9e','{"quality": 0.44718072951567533, "loss": 0.21206830213262817, "size": 13.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 1, 3, 3)"}',0.5,'job 1 single change 10');
INSERT INTO "measurements" VALUES('e8411dd6a4904c5606d09a9d400fefcc64825cf5a8410bc05b9f808e9ccff8d2','{"quality": 0.4194771745992448, "loss": 0.32492000714770297, "size": 12.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 0, 3)"}',0.5,'job 1 single change 11');
INSERT INTO "measurements" VALUES('ea68999a4c72d17f4ec8547c1e9cc55e1c871493036d4b9994aa9be02e36b509','{"quality": 0.46302325715348003, "loss": 0.14817749990272777, "size": 12.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 3, 3, 0)"}',0.5,'job 1 single change 12');
INSERT INTO "measurements" VALUES('7b963c891cfaaf34c57beb3ac3ef39fae1e13b76edd4c46ee7ecde0beefc7fb1','{"quality": 0.4593389446070986, "loss": 0.16300418856192445, "size": 12.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 0, 3, 3)"}',0.5,'job 1 single change 13');
INSERT INTO "measurements" VALUES('eda432260005aa050abdb7bf22f2f8c2d476ee0c0908aadaaf44237da16b79bd','{"quality": 0.4541415523929327, "loss": 0.18395074980912945, "size": 12.0}','{"loss": 0.01}','{"log": "memory:(0, 3, 3, 3, 3)"}',0.5,'job 1 single change 14');
INSERT INTO "measurements" VALUES('c283635a2eee0e1a831daa842f2335b00175b9079c95cab736f34313d29684b5','{"quality": 0.42388317559252964, "loss": 0.30685257227862855, "size": 12.0}','{"loss": 0.01}','{"log": "memory:(3, 0, 3, 3, 3)"}',0.5,'job 1 single change 15');
INSERT INTO "measurements" VALUES('edf2e269c8ba32e207d683fc6c8ab30418b75c8e2f80ae8721bb580d3d59178c','{"quality": 0.45358245399920516, "loss": 0.18620634974252503, "size": 12.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 2, 2, 2)"}',0.5,'job 1 sensitivity 1');
INSERT INTO "measurements" VALUES('dacd2ff87a92612512f6978b97d8e8440e638614f863ceb93ce3798f1819e399','{"quality": 0.30025421594623125, "loss": 0.8460876011309151, "size": 2.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 0, 1, 0)"}',0.5,'job 1 sensitivity 2');
INSERT INTO "measurements" VALUES('0a5669e971ae1107efda2d311e23819d3fb3202c16128ec6d7b0bab27eaf6304','{"quality": 0.42148900779560833, "loss": 0.31666384934570496, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 2, 0)"}',0.5,'job 1 sensitivity 3');
INSERT INTO "measurements" VALUES('145918b577535e4b7aa829d557a64dab93a0ecbd10b142fe9d0d4f4acdbcddb5','{"quality": 0.34541663636618064, "loss": 0.6392476171316112, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 2, 0)"}',0.5,'job 1 sensitivity 4');
INSERT INTO "measurements" VALUES('70745739d452ab3beadde1618fe705545cf89428dd428d73082168505b4d9572','{"quality": 0.4537489295804862, "loss": 0.18553467946092944, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 2, 2)"}',0.5,'job 1 sensitivity 5');
INSERT INTO "measurements" VALUES('bf7af54cae5a24ba7cf6e1b4b186384546545423687fabaf4571357a9584f806','{"quality": 0.3620851157489263, "loss": 0.5663255536139284, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 1, 0)"}',0.5,'job 1 sensitivity 6');
INSERT INTO "measurements" VALUES('2519916a13880c37b76a94e6abed640d61e4f85fba93aeac74d0e98569cdd65e','{"quality": 0.4350898794918243, "loss": 0.2611140104782377, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(3, 1, 2, 2, 2)"}',0.5,'job 1 sensitivity 7');
INSERT INTO "measurements" VALUES('1a3fb7edb7521ce75a553d69b5f7075cac852023261b1bb9035f4e014f223d52','{"quality": 0.3701763641402675, "loss": 0.5314602852037935, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 2, 1)"}',0.5,'job 1 sensitivity 8');
INSERT INTO "measurements" VALUES('9da6705f8a8760adc6eb66eb8c60459e9a1b36f7b0ce7b2f9531ed3ef82c30ee','{"quality": 0.4480634135454178, "loss": 0.20849838957621375, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 2, 1)"}',0.5,'job 1 sensitivity 9');
INSERT INTO "measurements" VALUES('9931846886779baaad8a62974b0f50dd68deee9c6f6d7b0ee22cd44ace00b489','{"quality": 0.42281344263260345, "loss": 0.3112344894475215, "size": 9.0}','{"loss": 0.01}','{"log": "memory:(3, 1, 2, 2, 1)"}',0.5,'job 1 sensitivity 10');
INSERT INTO "measurements" VALUES('32ae10cc571ea66aca9de021fcbf17a84193e2930a8a542450e5dac8c0558bce','{"quality": 0.439299774533486, "loss": 0.24400436750448792, "size": 11.0}','{"loss": 0.01}','{"log": "memory:(3, 3, 2, 2, 1)"}',0.5,'job 1 sensitivity 11');
CREATE TABLE trials (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	candidate JSON NOT NULL, 
	ask INTEGER NOT NULL, 
	requested INTEGER NOT NULL, 
	told INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	standard_errors JSON NOT NULL, 
	violations JSON NOT NULL, 
	artifacts JSON NOT NULL, 
	test_metrics JSON NOT NULL, 
	test_standard_errors JSON NOT NULL, 
	seconds FLOAT, 
	worker VARCHAR(100), 
	measured_by VARCHAR(100), 
	error TEXT, 
	started DATETIME, 
	ended DATETIME, attempt INTEGER DEFAULT '1' NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[3, 3, 3, 3, 3]',0,4,0,'{"quality": 0.4951736483418959, "loss": 0.019306006257642276, "size": 15.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 0',NULL,'2026-11-24 08:09:25.514303','2026-11-24 08:09:25.514343',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[3, 3, 3, 3, 2]',0,4,0,'{"quality": 0.49724557624959487, "loss": 0.011017806456452076, "size": 14.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 1',NULL,'2026-11-24 08:09:25.514363','2026-11-24 08:09:25.514372',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[3, 2, 3, 3, 3]',0,4,0,'{"quality": 0.4723997880611539, "loss": 0.1105131868663962, "size": 14.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 2',NULL,'2026-11-24 08:09:25.514381','2026-11-24 08:09:25.514388',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[3, 3, 3, 2, 3]',0,4,0,'{"quality": 0.5082689475170111, "loss": -0.033078805994248284, "size": 14.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 3',NULL,'2026-11-24 08:09:25.514395','2026-11-24 08:09:25.514402',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[2, 3, 3, 3, 3]',1,1,1,'{"quality": 0.45854935767478056, "loss": 0.16618397615006741, "size": 14.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 4',NULL,'2026-11-24 08:09:25.514480','2026-11-24 08:09:25.514489',1);
INSERT INTO "trials" VALUES(1,5,'COMPLETE','[3, 3, 2, 3, 3]',2,1,2,'{"quality": 0.49631466395645824, "loss": 0.014741611132922522, "size": 14.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 5',NULL,'2026-11-24 08:09:25.514557','2026-11-24 08:09:25.514566',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[3, 1, 3, 3, 3]',3,1,3,'{"quality": 0.48562230529610306, "loss": 0.057526638043417996, "size": 13.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 6',NULL,'2026-11-24 08:09:25.514596','2026-11-24 08:09:25.514604',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[3, 3, 3, 1, 3]',4,1,4,'{"quality": 0.47822177360196017, "loss": 0.08716805755818675, "size": 13.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 7',NULL,'2026-11-24 08:09:25.514632','2026-11-24 08:09:25.514640',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[3, 3, 3, 3, 1]',5,1,5,'{"quality": 0.4908560004119001, "loss": 0.036580076796212946, "size": 13.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 8',NULL,'2026-11-24 08:09:25.514666','2026-11-24 08:09:25.514674',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[1, 3, 3, 3, 3]',6,1,6,'{"quality": 0.4846921747785868, "loss": 0.06125044271988844, "size": 13.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 9',NULL,'2026-11-24 08:09:25.514698','2026-11-24 08:09:25.514705',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[3, 3, 1, 3, 3]',7,1,7,'{"quality": 0.44718072951567533, "loss": 0.21206830213262817, "size": 13.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 10',NULL,'2026-11-24 08:09:25.514732','2026-11-24 08:09:25.514739',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[3, 3, 3, 0, 3]',8,1,8,'{"quality": 0.4194771745992448, "loss": 0.32492000714770297, "size": 12.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 11',NULL,'2026-11-24 08:09:25.514765','2026-11-24 08:09:25.514772',1);
INSERT INTO "trials" VALUES(1,12,'COMPLETE','[3, 3, 3, 3, 0]',9,1,9,'{"quality": 0.46302325715348003, "loss": 0.14817749990272777, "size": 12.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 12',NULL,'2026-11-24 08:09:25.514800','2026-11-24 08:09:25.514808',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[3, 3, 0, 3, 3]',10,1,10,'{"quality": 0.4593389446070986, "loss": 0.16300418856192445, "size": 12.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 13',NULL,'2026-11-24 08:09:25.514832','2026-11-24 08:09:25.514841',1);
INSERT INTO "trials" VALUES(1,14,'COMPLETE','[0, 3, 3, 3, 3]',11,1,11,'{"quality": 0.4541415523929327, "loss": 0.18395074980912945, "size": 12.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 14',NULL,'2026-11-24 08:09:25.514867','2026-11-24 08:09:25.514875',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[3, 0, 3, 3, 3]',12,1,12,'{"quality": 0.42388317559252964, "loss": 0.30685257227862855, "size": 12.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 15',NULL,'2026-11-24 08:09:25.514903','2026-11-24 08:09:25.514912',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[3, 3, 2, 2, 2]',13,4,16,'{"quality": 0.45358245399920516, "loss": 0.18620634974252503, "size": 12.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 1',NULL,'2026-11-24 08:09:25.518137','2026-11-24 08:09:25.518171',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[0, 1, 0, 1, 0]',13,4,16,'{"quality": 0.30025421594623125, "loss": 0.8460876011309151, "size": 2.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 2',NULL,'2026-11-24 08:09:25.518191','2026-11-24 08:09:25.518200',1);
INSERT INTO "trials" VALUES(1,18,'COMPLETE','[1, 1, 2, 2, 0]',13,4,16,'{"quality": 0.42148900779560833, "loss": 0.31666384934570496, "size": 6.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 3',NULL,'2026-11-24 08:09:25.518208','2026-11-24 08:09:25.518216',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[1, 1, 0, 2, 0]',13,4,16,'{"quality": 0.34541663636618064, "loss": 0.6392476171316112, "size": 4.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 4',NULL,'2026-11-24 08:09:25.518223','2026-11-24 08:09:25.518231',1);
INSERT INTO "trials" VALUES(1,20,'COMPLETE','[1, 1, 2, 2, 2]',14,1,17,'{"quality": 0.4537489295804862, "loss": 0.18553467946092944, "size": 8.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 5',NULL,'2026-11-24 08:09:25.518272','2026-11-24 08:09:25.518280',1);
INSERT INTO "trials" VALUES(1,21,'COMPLETE','[1, 1, 0, 1, 0]',15,1,18,'{"quality": 0.3620851157489263, "loss": 0.5663255536139284, "size": 3.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 6',NULL,'2026-11-24 08:09:25.518303','2026-11-24 08:09:25.518312',1);
INSERT INTO "trials" VALUES(1,22,'COMPLETE','[3, 1, 2, 2, 2]',16,1,19,'{"quality": 0.4350898794918243, "loss": 0.2611140104782377, "size": 10.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 7',NULL,'2026-11-24 08:09:25.518331','2026-11-24 08:09:25.518338',1);
INSERT INTO "trials" VALUES(1,23,'COMPLETE','[1, 1, 0, 2, 1]',17,1,20,'{"quality": 0.3701763641402675, "loss": 0.5314602852037935, "size": 5.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 8',NULL,'2026-11-24 08:09:25.518356','2026-11-24 08:09:25.518363',1);
INSERT INTO "trials" VALUES(1,24,'COMPLETE','[1, 1, 2, 2, 1]',18,1,21,'{"quality": 0.4480634135454178, "loss": 0.20849838957621375, "size": 7.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 9',NULL,'2026-11-24 08:09:25.518382','2026-11-24 08:09:25.518390',1);
INSERT INTO "trials" VALUES(1,25,'COMPLETE','[3, 1, 2, 2, 1]',19,1,22,'{"quality": 0.42281344263260345, "loss": 0.3112344894475215, "size": 9.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 10',NULL,'2026-11-24 08:09:25.518408','2026-11-24 08:09:25.518416',1);
INSERT INTO "trials" VALUES(1,26,'COMPLETE','[3, 3, 2, 2, 1]',20,1,23,'{"quality": 0.439299774533486, "loss": 0.24400436750448792, "size": 11.0}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 11',NULL,'2026-11-24 08:09:25.518434','2026-11-24 08:09:25.518441',1);
INSERT INTO "trials" VALUES(1,27,'RUNNING','[1, 1, 2, 2, 3]',21,4,27,'{}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:25.562245',NULL,1);
INSERT INTO "trials" VALUES(1,28,'RUNNING','[1, 1, 3, 2, 3]',21,4,27,'{}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:25.562292',NULL,1);
INSERT INTO "trials" VALUES(1,29,'RUNNING','[1, 1, 3, 2, 1]',21,4,27,'{}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:25.562302',NULL,1);
INSERT INTO "trials" VALUES(1,30,'RUNNING','[1, 3, 3, 2, 3]',21,4,27,'{}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:25.562310',NULL,1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
