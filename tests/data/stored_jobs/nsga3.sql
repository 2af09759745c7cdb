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
INSERT INTO "baselines" VALUES(1,'float32',0,NULL,'{"weight_bytes": 4.0, "quality": 0.9, "loss": 0.1, "size": 40.0, "loss_drop": 0.0}','{}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W4A4',1,'[1, 0, 1, 0, 0, 0, 1, 0]','{"weight_bytes": 4.0, "quality": 0.2969184165871863, "loss": 0.8620155260087778, "size": 3.0, "loss_drop": 0.7620155260087779}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W4A8',2,'[1, 1, 1, 1, 0, 1, 1, 1]','{"weight_bytes": 4.0, "quality": 0.383071525796986, "loss": 0.4765313688959506, "size": 7.0, "loss_drop": 0.3765313688959506}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W8A4',3,'[2, 0, 2, 0, 1, 0, 2, 0]','{"weight_bytes": 4.0, "quality": 0.3430697813788498, "loss": 0.6496439299721625, "size": 7.0, "loss_drop": 0.5496439299721625}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W8A8',4,'[2, 1, 2, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0, "loss_drop": 0.2799626467543349}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 0',0,'[2, 1, 2, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0, "loss_drop": 0.2799626467543349}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 1',1,'[2, 1, 2, 0, 1, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.40148462699871984, "loss": 0.3992829668176344, "size": 10.0, "loss_drop": 0.29928296681763444}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 2',2,'[2, 0, 2, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.43543378491068957, "loss": 0.25971493446358895, "size": 10.0, "loss_drop": 0.15971493446358895}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 3',3,'[1, 1, 2, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.43595664925420385, "loss": 0.25758830147904377, "size": 10.0, "loss_drop": 0.15758830147904376}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 4',4,'[2, 1, 1, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.43687254441818724, "loss": 0.25386449680257334, "size": 10.0, "loss_drop": 0.15386449680257333}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 5',5,'[2, 1, 2, 1, 1, 0, 2, 1]','{"weight_bytes": 4.0, "quality": 0.3949114210907785, "loss": 0.4267133693837884, "size": 10.0, "loss_drop": 0.32671336938378837}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 6',6,'[2, 1, 2, 1, 1, 1, 2, 0]','{"weight_bytes": 4.0, "quality": 0.43430323719870817, "loss": 0.2643151865235037, "size": 10.0, "loss_drop": 0.16431518652350371}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 7',7,'[2, 1, 2, 1, 1, 1, 1, 1]','{"weight_bytes": 4.0, "quality": 0.4295944643675221, "loss": 0.283505916317342, "size": 10.0, "loss_drop": 0.183505916317342}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 8',8,'[2, 1, 2, 1, 0, 1, 2, 1]','{"weight_bytes": 4.0, "quality": 0.3873765606166774, "loss": 0.4583532110034995, "size": 10.0, "loss_drop": 0.3583532110034995}','{"loss": 0.01}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 9',9,'[0, 1, 2, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0}','{}','{}','{}','{}','Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
');
INSERT INTO "baselines" VALUES(1,'single change 10',10,'[2, 1, 0, 1, 1, 1, 2, 1]','{"weight_bytes": 4.0}','{}','{}','{}','{}','Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
');
INSERT INTO "baselines" VALUES(1,'single change 11',11,'[2, 1, 2, 1, 1, 1, 0, 1]','{"weight_bytes": 4.0}','{}','{}','{}','{}','Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
');
INSERT INTO "baselines" VALUES(1,'sensitivity 1',5,'[1, 0, 1, 1, 1, 1, 1, 0]','{"weight_bytes": 4.0, "quality": 0.35869050714065176, "loss": 0.5810522490027508, "size": 6.0, "loss_drop": 0.4810522490027508}','{"loss": 0.01}','{}','{}','{}',NULL);
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
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:11.285530','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:11.287705','info','weights of 2 bits are left out, weight_bytes cannot price them: layer2');
INSERT INTO "events" VALUES(3,1,'2026-11-24 08:09:11.408446','error','trial 12 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(4,1,'2026-11-24 08:09:11.408822','error','trial 13 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(5,1,'2026-11-24 08:09:11.409160','error','trial 14 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(6,1,'2026-11-24 08:09:11.490183','error','trial 17 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(7,1,'2026-11-24 08:09:11.490557','error','trial 18 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(8,1,'2026-11-24 08:09:11.849375','error','trial 20 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(9,1,'2026-11-24 08:09:11.849944','error','trial 21 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(10,1,'2026-11-24 08:09:11.850347','error','trial 23 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(11,1,'2026-11-24 08:09:11.925775','error','trial 24 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(12,1,'2026-11-24 08:09:11.926312','error','trial 25 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(13,1,'2026-11-24 08:09:11.926836','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,7);
CREATE TABLE hypervolume (
	job_id INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (job_id, finished), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "hypervolume" VALUES(1,1,7.84496118497805539071e-01);
INSERT INTO "hypervolume" VALUES(1,2,8.8086715777601232169e-01);
INSERT INTO "hypervolume" VALUES(1,4,9.05009338311416278166e-01);
INSERT INTO "hypervolume" VALUES(1,6,9.35071266384102761648e-01);
INSERT INTO "hypervolume" VALUES(1,7,9.35602924630239085601e-01);
INSERT INTO "hypervolume" VALUES(1,8,9.3653387579935665208e-01);
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
INSERT INTO "jobs" VALUES(1,'nsga3','PAUSED','{"name": "nsga3", "seed": 3, "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8], "left_out": {"layer2": {"weights": [2]}}}, "evaluator": {"name": "toy:ToyNetwork", "fail": [9]}, "cost_models": [{"name": "toy:ByteMachine"}], "objectives": [{"metric": "loss"}, {"metric": "weight_bytes"}], "constraints": ["loss_drop <= 0.9"], "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "layer0.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer0.activation", "options": [4, 8], "ordered": true}, {"name": "layer1.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer1.activation", "options": [4, 8], "ordered": true}, {"name": "layer2.weight", "options": [4, 8], "ordered": true}, {"name": "layer2.activation", "options": [4, 8], "ordered": true}, {"name": "layer3.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer3.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [{"metric": "loss_drop", "operator": "<=", "bound": 0.9}], "best": [0.0, 4.0], "worst": [4.0, 4.0], "profile": {"layers": [{"name": "layer0", "kind": "linear", "order": 0, "input_shape": [10], "output_shape": [20], "weight_shape": [20, 10], "macs": 200, "bias": 20, "parameters": 220, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer1", "kind": "linear", "order": 1, "input_shape": [20], "output_shape": [30], "weight_shape": [30, 20], "macs": 600, "bias": 30, "parameters": 630, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer2", "kind": "linear", "order": 2, "input_shape": [30], "output_shape": [40], "weight_shape": [40, 30], "macs": 1200, "bias": 40, "parameters": 1240, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer3", "kind": "linear", "order": 3, "input_shape": [40], "output_shape": [50], "weight_shape": [50, 40], "macs": 2000, "bias": 50, "parameters": 2050, "groups": 1, "kept_float": false, "calls": 1}], "input_shapes": [[10]], "input_dtypes": [], "operations": [], "outputs": [], "method": "hooks", "notes": ["weights of 2 bits are left out, weight_bytes cannot price them: layer2"], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "toy:ByteMachine", "provenance": {}, "layers": [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]}], "identity": {"evaluator": "toy:ToyNetwork {\"fail\": [9]} version 1", "code": "1a55e6b7af15f165"}}',40,28,10,0,1,9.3653387579935665208e-01,'interrupted','2026-11-24 08:09:11.265717','2026-11-24 08:09:11.927167',NULL,NULL,1,'2026-11-24 08:09:41.932630',54,6.50948242000026766618e-01);
CREATE TABLE measurements (
	"key" VARCHAR(64) NOT NULL, 
	metrics JSON NOT NULL, 
	standard_errors JSON NOT NULL, 
	artifacts JSON NOT NULL, 
	seconds FLOAT, 
	source VARCHAR(100) NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "measurements" VALUES('1efbe2d462804d317e2f1102e5c4cbf86579b675e998e96ff098631b00116f4d','{"quality": 0.9, "loss": 0.1, "size": 40.0}','{}','{}',0.0,'job 1 float32');
INSERT INTO "measurements" VALUES('bf221cbb7f7297f1a9bc1df91a038e5b6312d322090700ea46310a24d10e8e3e','{"quality": 0.2969184165871863, "loss": 0.8620155260087778, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 0, 0, 0, 1, 0)"}',0.5,'job 1 W4A4');
INSERT INTO "measurements" VALUES('bbe1ba496a8860a974763985c6f96165b8282d793c790a2c5c1423999ec25622','{"quality": 0.383071525796986, "loss": 0.4765313688959506, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 0, 1, 1, 1)"}',0.5,'job 1 W4A8');
INSERT INTO "measurements" VALUES('55ac74e22bb677ccaa9d0b33bfeb9deae063798d3da3b549cccaec7490e19916','{"quality": 0.3430697813788498, "loss": 0.6496439299721625, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 0, 1, 0, 2, 0)"}',0.5,'job 1 W8A4');
INSERT INTO "measurements" VALUES('46f93aed1d2c348df07f7ee6d8a923e71b2437c62352ceb218b508c4fed77d40','{"quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 1, 1, 1, 2, 1)"}',0.5,'job 1 W8A8');
INSERT INTO "measurements" VALUES('14a03050ed08e1df3e8c1ade5eb12be50fdad58166df4098953088afce084afc','{"quality": 0.40148462699871984, "loss": 0.3992829668176344, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 0, 1, 1, 2, 1)"}',0.5,'job 1 single change 1');
INSERT INTO "measurements" VALUES('5b5655cc4c71a53b2c0d61dbe73eaca1e63f5798e72d4e32830451309c88c3d6','{"quality": 0.43543378491068957, "loss": 0.25971493446358895, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 1, 1, 1, 2, 1)"}',0.5,'job 1 single change 2');
INSERT INTO "measurements" VALUES('a4e52281367c694830ecc008d714ffd4d88175adab004299a8501d4dcacb271b','{"quality": 0.43595664925420385, "loss": 0.25758830147904377, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 1, 1, 1, 2, 1)"}',0.5,'job 1 single change 3');
INSERT INTO "measurements" VALUES('3de7cb64020338545a7e4c62725df4113fc80567df85b579dff5d1c2b07bf185','{"quality": 0.43687254441818724, "loss": 0.25386449680257334, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 1, 1, 2, 1)"}',0.5,'job 1 single change 4');
INSERT INTO "measurements" VALUES('49acc62eb30b82b18babdb9bbda52dabcf88ff233aae5298f3b07de92772fab8','{"quality": 0.3949114210907785, "loss": 0.4267133693837884, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 1, 1, 0, 2, 1)"}',0.5,'job 1 single change 5');
INSERT INTO "measurements" VALUES('a5d5d9f723d74e56a21052cf6b47ad683c6049522a2407f21c44269ef6ef8392','{"quality": 0.43430323719870817, "loss": 0.2643151865235037, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 1, 1, 1, 2, 0)"}',0.5,'job 1 single change 6');
INSERT INTO "measurements" VALUES('9a1e3134b3f4222ef201b46ec9abe142d4e05b20f7f3a9b128104a837ff8ab7d','{"quality": 0.4295944643675221, "loss": 0.283505916317342, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 1, 1, 1, 1, 1)"}',0.5,'job 1 single change 7');
INSERT INTO "measurements" VALUES('925d9ac3d3dbdf820f2828f25e90fe4dd9ceda5075103b18e0cf9c9f7b40f032','{"quality": 0.3873765606166774, "loss": 0.4583532110034995, "size": 10.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 1, 0, 1, 2, 1)"}',0.5,'job 1 single change 8');
INSERT INTO "measurements" VALUES('5a111a989e5f5cf183713f1ffc3f33c597600fe2e607761c6827c8cf29b6b865','{"quality": 0.35869050714065176, "loss": 0.5810522490027508, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 1, 1, 1, 0)"}',0.5,'job 1 sensitivity 1');
INSERT INTO "measurements" VALUES('653055d3990e6d418e8e4692a19db2bf80f76ba7162c11cc6be22fa9d795e4df','{"quality": 0.38996404650660266, "loss": 0.4474633491540969, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 16');
INSERT INTO "measurements" VALUES('e4090f6ea25689e17333cadc96e0fbae8b9f4ebe2b2e301401fdb32d6d856e3b','{"quality": 0.36520021932950175, "loss": 0.5528638938482862, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 0, 0, 1, 1, 2, 1)"}',0.5,'job 1 trial 19');
INSERT INTO "measurements" VALUES('29fa43e0c837fa48948cdca102219b51130a4d9ffcbbe3149bd43c5974c53759','{"quality": 0.4033348384738045, "loss": 0.39158900591276546, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 1, 1, 1, 2, 1)"}',0.5,'job 1 trial 22');
INSERT INTO "measurements" VALUES('98c8de6832a1a52d60772e82ce30d6d17002ef68a9802c36b8c5e512a667b35b','{"quality": 0.38472424135805544, "loss": 0.4695437339054157, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 0, 1, 0, 1, 2, 1)"}',0.5,'job 1 trial 26');
INSERT INTO "measurements" VALUES('51bde30d3cbc48fd3dbb711a269c62eb03232865329591c79e80a5fc7f2e6275','{"quality": 0.41710987753612117, "loss": 0.33464901702029853, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 1, 1, 1, 1, 1, 1)"}',0.5,'job 1 trial 27');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[1, 0, 1, 0, 0, 0, 1, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.2969184165871863, "loss": 0.8620155260087778, "size": 3.0, "loss_drop": 0.7620155260087779}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W4A4',NULL,'2026-11-24 08:09:11.401411','2026-11-24 08:09:11.401445',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[1, 1, 1, 1, 0, 1, 1, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.383071525796986, "loss": 0.4765313688959506, "size": 7.0, "loss_drop": 0.3765313688959506}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W4A8',NULL,'2026-11-24 08:09:11.401466','2026-11-24 08:09:11.401475',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[2, 0, 2, 0, 1, 0, 2, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3430697813788498, "loss": 0.6496439299721625, "size": 7.0, "loss_drop": 0.5496439299721625}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A4',NULL,'2026-11-24 08:09:11.401483','2026-11-24 08:09:11.401492',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[2, 1, 2, 1, 1, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0, "loss_drop": 0.2799626467543349}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A8',NULL,'2026-11-24 08:09:11.401499','2026-11-24 08:09:11.401507',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[2, 1, 2, 0, 1, 1, 2, 1]',1,1,1,'{"weight_bytes": 4.0, "quality": 0.40148462699871984, "loss": 0.3992829668176344, "size": 10.0, "loss_drop": 0.29928296681763444}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 1',NULL,'2026-11-24 08:09:11.401643','2026-11-24 08:09:11.401653',1);
INSERT INTO "trials" VALUES(1,5,'COMPLETE','[2, 0, 2, 1, 1, 1, 2, 1]',2,1,2,'{"weight_bytes": 4.0, "quality": 0.43543378491068957, "loss": 0.25971493446358895, "size": 10.0, "loss_drop": 0.15971493446358895}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 2',NULL,'2026-11-24 08:09:11.401730','2026-11-24 08:09:11.401739',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[1, 1, 2, 1, 1, 1, 2, 1]',3,1,3,'{"weight_bytes": 4.0, "quality": 0.43595664925420385, "loss": 0.25758830147904377, "size": 10.0, "loss_drop": 0.15758830147904376}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 3',NULL,'2026-11-24 08:09:11.401799','2026-11-24 08:09:11.401809',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[2, 1, 1, 1, 1, 1, 2, 1]',4,1,4,'{"weight_bytes": 4.0, "quality": 0.43687254441818724, "loss": 0.25386449680257334, "size": 10.0, "loss_drop": 0.15386449680257333}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 4',NULL,'2026-11-24 08:09:11.401896','2026-11-24 08:09:11.401908',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[2, 1, 2, 1, 1, 0, 2, 1]',5,1,5,'{"weight_bytes": 4.0, "quality": 0.3949114210907785, "loss": 0.4267133693837884, "size": 10.0, "loss_drop": 0.32671336938378837}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 5',NULL,'2026-11-24 08:09:11.401973','2026-11-24 08:09:11.401983',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[2, 1, 2, 1, 1, 1, 2, 0]',6,1,6,'{"weight_bytes": 4.0, "quality": 0.43430323719870817, "loss": 0.2643151865235037, "size": 10.0, "loss_drop": 0.16431518652350371}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 6',NULL,'2026-11-24 08:09:11.402063','2026-11-24 08:09:11.402076',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[2, 1, 2, 1, 1, 1, 1, 1]',7,1,7,'{"weight_bytes": 4.0, "quality": 0.4295944643675221, "loss": 0.283505916317342, "size": 10.0, "loss_drop": 0.183505916317342}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 7',NULL,'2026-11-24 08:09:11.402142','2026-11-24 08:09:11.402151',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[2, 1, 2, 1, 0, 1, 2, 1]',8,1,8,'{"weight_bytes": 4.0, "quality": 0.3873765606166774, "loss": 0.4583532110034995, "size": 10.0, "loss_drop": 0.3583532110034995}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 8',NULL,'2026-11-24 08:09:11.402207','2026-11-24 08:09:11.402216',1);
INSERT INTO "trials" VALUES(1,12,'FAIL','[0, 1, 2, 1, 1, 1, 2, 1]',9,1,9,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.402271','2026-11-24 08:09:11.406700',1);
INSERT INTO "trials" VALUES(1,13,'FAIL','[2, 1, 0, 1, 1, 1, 2, 1]',10,1,10,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.402328','2026-11-24 08:09:11.406717',1);
INSERT INTO "trials" VALUES(1,14,'FAIL','[2, 1, 2, 1, 1, 1, 0, 1]',11,1,11,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.402382','2026-11-24 08:09:11.406725',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[1, 0, 1, 1, 1, 1, 1, 0]',12,4,15,'{"weight_bytes": 4.0, "quality": 0.35869050714065176, "loss": 0.5810522490027508, "size": 6.0, "loss_drop": 0.4810522490027508}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 1',NULL,'2026-11-24 08:09:11.413500','2026-11-24 08:09:11.413530',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[2, 1, 1, 1, 1, 1, 0, 1]',13,4,16,'{"weight_bytes": 4.0, "quality": 0.38996404650660266, "loss": 0.4474633491540969, "size": 8.0, "loss_drop": 0.34746334915409693}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:10.985815','2026-11-24 08:09:11.485815',1);
INSERT INTO "trials" VALUES(1,17,'FAIL','[2, 0, 1, 1, 1, 1, 2, 1]',13,4,16,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.478805','2026-11-24 08:09:11.488243',1);
INSERT INTO "trials" VALUES(1,18,'FAIL','[2, 1, 1, 1, 1, 0, 2, 1]',13,4,16,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.478816','2026-11-24 08:09:11.488271',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[2, 1, 0, 0, 1, 1, 2, 1]',13,4,16,'{"weight_bytes": 4.0, "quality": 0.36520021932950175, "loss": 0.5528638938482862, "size": 8.0, "loss_drop": 0.4528638938482862}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 0, 0, 1, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:10.988294','2026-11-24 08:09:11.488294',1);
INSERT INTO "trials" VALUES(1,20,'FAIL','[2, 1, 1, 1, 1, 1, 1, 1]',14,1,17,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.507257','2026-11-24 08:09:11.843577',1);
INSERT INTO "trials" VALUES(1,21,'FAIL','[2, 1, 1, 1, 0, 1, 2, 1]',15,1,18,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.522544','2026-11-24 08:09:11.843595',1);
INSERT INTO "trials" VALUES(1,22,'COMPLETE','[0, 1, 1, 1, 1, 1, 2, 1]',16,1,19,'{"weight_bytes": 4.0, "quality": 0.4033348384738045, "loss": 0.39158900591276546, "size": 8.0, "loss_drop": 0.2915890059127655}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 1, 1, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:11.343609','2026-11-24 08:09:11.843609',1);
INSERT INTO "trials" VALUES(1,23,'FAIL','[2, 1, 1, 0, 1, 1, 2, 1]',17,1,20,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.841282','2026-11-24 08:09:11.843711',1);
INSERT INTO "trials" VALUES(1,24,'FAIL','[1, 1, 1, 1, 1, 1, 2, 1]',18,1,21,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.865844','2026-11-24 08:09:11.918568',1);
INSERT INTO "trials" VALUES(1,25,'FAIL','[2, 1, 1, 1, 1, 1, 2, 0]',19,1,22,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:11.874923','2026-11-24 08:09:11.918589',1);
INSERT INTO "trials" VALUES(1,26,'COMPLETE','[2, 1, 0, 1, 0, 1, 2, 1]',20,1,23,'{"weight_bytes": 4.0, "quality": 0.38472424135805544, "loss": 0.4695437339054157, "size": 8.0, "loss_drop": 0.3695437339054157}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 0, 1, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:11.418605','2026-11-24 08:09:11.918605',1);
INSERT INTO "trials" VALUES(1,27,'COMPLETE','[2, 0, 1, 1, 1, 1, 1, 1]',21,1,24,'{"weight_bytes": 4.0, "quality": 0.41710987753612117, "loss": 0.33464901702029853, "size": 8.0, "loss_drop": 0.23464901702029853}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 1, 1, 1, 1, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:11.418783','2026-11-24 08:09:11.918783',1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
