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
INSERT INTO "curves" VALUES(1,'mean return',0,8,-2.97105077492080704715e-01);
INSERT INTO "curves" VALUES(1,'entropy',0,8,8.44824322423245899216e-01);
INSERT INTO "curves" VALUES(1,'approximate KL',0,8,3.48029802345417235698e-04);
INSERT INTO "curves" VALUES(1,'clip fraction',0,8,0.0);
INSERT INTO "curves" VALUES(1,'value loss',0,8,2.06049819265174349869e-01);
INSERT INTO "curves" VALUES(1,'mean return',1,12,-2.62803774187708061305e-01);
INSERT INTO "curves" VALUES(1,'entropy',1,12,0.842570115677732);
INSERT INTO "curves" VALUES(1,'approximate KL',1,12,1.32368694450437154874e-04);
INSERT INTO "curves" VALUES(1,'clip fraction',1,12,0.0);
INSERT INTO "curves" VALUES(1,'value loss',1,12,1.14617826504184949776e-01);
INSERT INTO "curves" VALUES(1,'mean return',2,16,-2.05213663075860780482e-01);
INSERT INTO "curves" VALUES(1,'entropy',2,16,8.40115665807479761184e-01);
INSERT INTO "curves" VALUES(1,'approximate KL',2,16,9.24976884572638324844e-05);
INSERT INTO "curves" VALUES(1,'clip fraction',2,16,0.0);
INSERT INTO "curves" VALUES(1,'value loss',2,16,5.4962263484896044241e-02);
INSERT INTO "curves" VALUES(1,'mean return',3,20,-2.67212872545616153541e-01);
INSERT INTO "curves" VALUES(1,'entropy',3,20,8.35627586717978765307e-01);
INSERT INTO "curves" VALUES(1,'approximate KL',3,20,1.20591116206154695678e-04);
INSERT INTO "curves" VALUES(1,'clip fraction',3,20,0.0);
INSERT INTO "curves" VALUES(1,'value loss',3,20,4.43385672822109513924e-02);
INSERT INTO "curves" VALUES(1,'mean return',4,24,-2.57067127207530721211e-01);
INSERT INTO "curves" VALUES(1,'entropy',4,24,8.28299381910573173648e-01);
INSERT INTO "curves" VALUES(1,'approximate KL',4,24,5.72648337104674290398e-04);
INSERT INTO "curves" VALUES(1,'clip fraction',4,24,0.0);
INSERT INTO "curves" VALUES(1,'value loss',4,24,4.46552463476876798642e-02);
INSERT INTO "curves" VALUES(1,'mean return',5,27,-1.80367988805484408265e-01);
INSERT INTO "curves" VALUES(1,'entropy',5,27,8.17341789689283504394e-01);
INSERT INTO "curves" VALUES(1,'approximate KL',5,27,5.46093634813001743699e-04);
INSERT INTO "curves" VALUES(1,'clip fraction',5,27,0.0);
INSERT INTO "curves" VALUES(1,'value loss',5,27,2.38474080402522117805e-02);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	moment DATETIME NOT NULL, 
	level VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:18.783365','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:18.789569','info','weights of 2 bits are left out, weight_bytes cannot price them: layer2');
INSERT INTO "events" VALUES(3,1,'2026-11-24 08:09:19.119101','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,3);
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
INSERT INTO "jobs" VALUES(1,'ppo','PAUSED','{"name": "ppo", "seed": 3, "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8], "left_out": {"layer2": {"weights": [2]}}}, "evaluator": {"name": "toy:ToyNetwork", "fail": [9]}, "cost_models": [{"name": "toy:ByteMachine"}], "objectives": [{"metric": "loss"}, {"metric": "weight_bytes"}], "constraints": ["loss_drop <= 0.9"], "searcher": {"name": "ppo", "episodes": 4, "epochs": 2, "hidden": 8}, "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "layer0.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer0.activation", "options": [4, 8], "ordered": true}, {"name": "layer1.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer1.activation", "options": [4, 8], "ordered": true}, {"name": "layer2.weight", "options": [4, 8], "ordered": true}, {"name": "layer2.activation", "options": [4, 8], "ordered": true}, {"name": "layer3.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer3.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [{"metric": "loss_drop", "operator": "<=", "bound": 0.9}], "best": [0.0, 4.0], "worst": [4.0, 4.0], "profile": {"layers": [{"name": "layer0", "kind": "linear", "order": 0, "input_shape": [10], "output_shape": [20], "weight_shape": [20, 10], "macs": 200, "bias": 20, "parameters": 220, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer1", "kind": "linear", "order": 1, "input_shape": [20], "output_shape": [30], "weight_shape": [30, 20], "macs": 600, "bias": 30, "parameters": 630, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer2", "kind": "linear", "order": 2, "input_shape": [30], "output_shape": [40], "weight_shape": [40, 30], "macs": 1200, "bias": 40, "parameters": 1240, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer3", "kind": "linear", "order": 3, "input_shape": [40], "output_shape": [50], "weight_shape": [50, 40], "macs": 2000, "bias": 50, "parameters": 2050, "groups": 1, "kept_float": false, "calls": 1}], "input_shapes": [[10]], "input_dtypes": [], "operations": [], "outputs": [], "method": "hooks", "notes": ["weights of 2 bits are left out, weight_bytes cannot price them: layer2"], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "toy:ByteMachine", "provenance": {}, "layers": [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]}], "identity": {"evaluator": "toy:ToyNetwork {\"fail\": [9]} version 1", "code": "1a55e6b7af15f165"}}',40,27,0,0,1,9.05009338311416278166e-01,'interrupted','2026-11-24 08:09:18.769265','2026-11-24 08:09:19.119603',NULL,NULL,1,'2026-11-24 08:09:49.124494',49,3.39375560999997105682e-01);
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
INSERT INTO "measurements" VALUES('9bb32837d09d54dffcace44400644ee78bf335122bba3c87a44e77dc13a622ae','{"quality": 0.38202090583297643, "loss": 0.4809792942562572, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 1, 1, 0, 2, 1)"}',0.5,'job 1 trial 4');
INSERT INTO "measurements" VALUES('2eced8875257e4f918dfc288bfeed09a7ef63466bb9c98f90382b076a8d5cb2e','{"quality": 0.2876143998780643, "loss": 0.9069986443085724, "size": 2.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 0, 0, 1, 1, 0)"}',0.5,'job 1 trial 5');
INSERT INTO "measurements" VALUES('4c7f983c80c0f41b72aa87fff54ffbd6f17f1c82298154e3d665a62a5ff77e41','{"quality": 0.365922452347044, "loss": 0.5497498297487304, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 1, 0, 1, 0, 1)"}',0.5,'job 1 trial 6');
INSERT INTO "measurements" VALUES('9bc1ade66d2f6b24e749c5fd4f69c0b14679a6deefcf8dae7501c9fb064b6b6a','{"quality": 0.3625870627735873, "loss": 0.5641530800232831, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 7');
INSERT INTO "measurements" VALUES('57f3eeb31476c04885fa4343081010ac0ce0bcb770bb3036f93611b8461c5d49','{"quality": 0.342091736059709, "loss": 0.6539865699148271, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 2, 1, 1, 0, 0, 0)"}',0.5,'job 1 trial 8');
INSERT INTO "measurements" VALUES('aba46d9c0d38c51504c82b0b805f7652e9eda5c4faad229a5130673464c90e3d','{"quality": 0.3425136536975624, "loss": 0.652112476038258, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 0, 1, 0, 0, 1)"}',0.5,'job 1 trial 9');
INSERT INTO "measurements" VALUES('cc8b505aa9e254e75e04074fcb25ea8cb008532701f507c3b03da1c4a2f9ecdf','{"quality": 0.3980338681377059, "loss": 0.41366408687386824, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 0, 1, 2, 1)"}',0.5,'job 1 trial 10');
INSERT INTO "measurements" VALUES('d32c7939b056f2fcbf01b5658dbcf2a230da7fcda5be5cf899cd175e68611f3e','{"quality": 0.34183007429901835, "loss": 0.6551493889192146, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 1, 1, 0, 0, 0)"}',0.5,'job 1 trial 11');
INSERT INTO "measurements" VALUES('537c6cc352b0a06cd7013b4e76b85b6f6341b70e41c261bd851a71728cb7fc42','{"quality": 0.3295956651822308, "loss": 0.7100143689680364, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 1, 1, 0, 1, 2, 0)"}',0.5,'job 1 trial 12');
INSERT INTO "measurements" VALUES('ed8b6deb1b6ebe99fdcf86980781ae52970177e06a7873a0e42e19cbcf41fe6c','{"quality": 0.3558592697668497, "loss": 0.5933818843850588, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 1, 1, 0, 1, 1, 0)"}',0.5,'job 1 trial 13');
INSERT INTO "measurements" VALUES('6583c2854e81f4a5cd21048766ea56ac6525d6e83961e08469c83917152f81ea','{"quality": 0.3654041752796183, "loss": 0.5519842292608971, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 0, 1, 0, 1)"}',0.5,'job 1 trial 14');
INSERT INTO "measurements" VALUES('ea5aa680f2798b004c95f47856df42cd06b2ec7abfd332d73cff39d736191cd1','{"quality": 0.3829481466974684, "loss": 0.4770534685810115, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 0, 0, 2, 0)"}',0.5,'job 1 trial 15');
INSERT INTO "measurements" VALUES('1314addb0f7c6a55014523a2d0251b5af8616e6bd6cdc41b511606cc79ef68ed','{"quality": 0.3320500707290797, "loss": 0.6989274415520164, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 1, 0, 1, 0, 0)"}',0.5,'job 1 trial 16');
INSERT INTO "measurements" VALUES('5c58885aef666de5b401be42c6ae4ab806aababd063889447e9c94917df6140c','{"quality": 0.33816233986825095, "loss": 0.671494223830748, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 1, 0, 0, 0, 1)"}',0.5,'job 1 trial 17');
INSERT INTO "measurements" VALUES('9fd5a912d51a70200582203a2a5d7274a7f7adc57d47ec6694862dd00d003103','{"quality": 0.3569771898494072, "loss": 0.5885083124225706, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 0, 1, 0, 2, 0)"}',0.5,'job 1 trial 18');
INSERT INTO "measurements" VALUES('369ad15308c54bb6f8844f77c951fba63883fbfd378d86717cef30f9599875a8','{"quality": 0.3383390992112132, "loss": 0.6707045455759438, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 1, 1, 0, 1, 0, 1)"}',0.5,'job 1 trial 19');
INSERT INTO "measurements" VALUES('caf81595ae44d2e76ef567be78ca709b94025d6c53877ad9ab7948e8613fd893','{"quality": 0.3625020605587313, "loss": 0.564520886199845, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 0, 1, 0, 1, 1, 1)"}',0.5,'job 1 trial 20');
INSERT INTO "measurements" VALUES('1d08c7fbe9269749b01f91a253542199bb73219cfd36c6de2b16354a9c87aad1','{"quality": 0.33451017167397906, "loss": 0.6878560657621232, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 1, 1, 1, 0, 0)"}',0.5,'job 1 trial 21');
INSERT INTO "measurements" VALUES('1b7500a8d14986a2e2a2aed33d0bda418d508d40aa0b50954c2c849df8c9ee81','{"quality": 0.3778669672640361, "loss": 0.4986117536472694, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 0, 1, 1, 2, 1)"}',0.5,'job 1 trial 22');
INSERT INTO "measurements" VALUES('ed988c504043917117e87fd9ac6c158b55d86c107d38e759046de64a0e37363f','{"quality": 0.2865984014103618, "loss": 0.9119625761204939, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 2, 0, 1, 0, 0, 0)"}',0.5,'job 1 trial 23');
INSERT INTO "measurements" VALUES('50d2291c096c04b49a5ccbbe0c3332a515b9dd0ed2da17edcc9f99c1f5e577ce','{"quality": 0.3693988866154951, "loss": 0.5347964589792118, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 2, 1, 1, 1, 2, 1)"}',0.5,'job 1 trial 24');
INSERT INTO "measurements" VALUES('8d7167dfb238c83d581cecb6a59a2dc687bc8a16c0e895f623c33fc8a9d004c2','{"quality": 0.36454441197921467, "loss": 0.555693815499556, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 1, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 25');
INSERT INTO "measurements" VALUES('309b7e46b429380f9f26475bee18f704d5ebd0f1dbda70c35f93ee146c916990','{"quality": 0.39353243709476005, "loss": 0.4324877478010281, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 0, 0, 1, 1, 1)"}',0.5,'job 1 trial 26');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[1, 0, 1, 0, 0, 0, 1, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.2969184165871863, "loss": 0.8620155260087778, "size": 3.0, "loss_drop": 0.7620155260087779}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W4A4',NULL,'2026-11-24 08:09:18.865894','2026-11-24 08:09:18.865940',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[1, 1, 1, 1, 0, 1, 1, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.383071525796986, "loss": 0.4765313688959506, "size": 7.0, "loss_drop": 0.3765313688959506}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W4A8',NULL,'2026-11-24 08:09:18.865961','2026-11-24 08:09:18.866192',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[2, 0, 2, 0, 1, 0, 2, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3430697813788498, "loss": 0.6496439299721625, "size": 7.0, "loss_drop": 0.5496439299721625}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A4',NULL,'2026-11-24 08:09:18.866203','2026-11-24 08:09:18.866212',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[2, 1, 2, 1, 1, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0, "loss_drop": 0.2799626467543349}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A8',NULL,'2026-11-24 08:09:18.866221','2026-11-24 08:09:18.866229',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[1, 1, 0, 1, 1, 0, 2, 1]',1,4,4,'{"weight_bytes": 4.0, "quality": 0.38202090583297643, "loss": 0.4809792942562572, "size": 7.0, "loss_drop": 0.3809792942562572}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 0, 1, 1, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.375162','2026-11-24 08:09:18.875162',1);
INSERT INTO "trials" VALUES(1,5,'COMPLETE','[0, 0, 0, 0, 0, 1, 1, 0]',1,4,4,'{"weight_bytes": 4.0, "quality": 0.2876143998780643, "loss": 0.9069986443085724, "size": 2.0, "loss_drop": 0.8069986443085724}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.375329','2026-11-24 08:09:18.875329',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[1, 1, 2, 1, 0, 1, 0, 1]',1,4,4,'{"weight_bytes": 4.0, "quality": 0.365922452347044, "loss": 0.5497498297487304, "size": 7.0, "loss_drop": 0.44974982974873046}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 2, 1, 0, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.375385','2026-11-24 08:09:18.875385',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[2, 0, 2, 1, 1, 1, 0, 1]',1,4,4,'{"weight_bytes": 4.0, "quality": 0.3625870627735873, "loss": 0.5641530800232831, "size": 8.0, "loss_drop": 0.46415308002328315}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.375430','2026-11-24 08:09:18.875430',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[0, 1, 2, 1, 1, 0, 0, 0]',2,4,8,'{"weight_bytes": 4.0, "quality": 0.342091736059709, "loss": 0.6539865699148271, "size": 5.0, "loss_drop": 0.5539865699148271}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 2, 1, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.401258','2026-11-24 08:09:18.901258',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[2, 1, 1, 0, 1, 0, 0, 1]',2,4,8,'{"weight_bytes": 4.0, "quality": 0.3425136536975624, "loss": 0.652112476038258, "size": 6.0, "loss_drop": 0.552112476038258}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 0, 1, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.401417','2026-11-24 08:09:18.901417',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[1, 0, 1, 1, 0, 1, 2, 1]',2,4,8,'{"weight_bytes": 4.0, "quality": 0.3980338681377059, "loss": 0.41366408687386824, "size": 7.0, "loss_drop": 0.31366408687386826}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.401482','2026-11-24 08:09:18.901482',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[1, 1, 0, 1, 1, 0, 0, 0]',2,4,8,'{"weight_bytes": 4.0, "quality": 0.34183007429901835, "loss": 0.6551493889192146, "size": 4.0, "loss_drop": 0.5551493889192146}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 0, 1, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.401567','2026-11-24 08:09:18.901567',1);
INSERT INTO "trials" VALUES(1,12,'COMPLETE','[0, 0, 1, 1, 0, 1, 2, 0]',3,4,12,'{"weight_bytes": 4.0, "quality": 0.3295956651822308, "loss": 0.7100143689680364, "size": 5.0, "loss_drop": 0.6100143689680364}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 1, 0, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.443210','2026-11-24 08:09:18.943210',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[0, 0, 1, 1, 0, 1, 1, 0]',3,4,12,'{"weight_bytes": 4.0, "quality": 0.3558592697668497, "loss": 0.5933818843850588, "size": 4.0, "loss_drop": 0.4933818843850588}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 1, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.443404','2026-11-24 08:09:18.943404',1);
INSERT INTO "trials" VALUES(1,14,'COMPLETE','[2, 1, 1, 1, 0, 1, 0, 1]',3,4,12,'{"weight_bytes": 4.0, "quality": 0.3654041752796183, "loss": 0.5519842292608971, "size": 7.0, "loss_drop": 0.4519842292608971}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 0, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.443483','2026-11-24 08:09:18.943483',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[1, 1, 1, 1, 0, 0, 2, 0]',3,4,12,'{"weight_bytes": 4.0, "quality": 0.3829481466974684, "loss": 0.4770534685810115, "size": 6.0, "loss_drop": 0.3770534685810115}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 0, 0, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.443559','2026-11-24 08:09:18.943559',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[0, 1, 1, 1, 0, 1, 0, 0]',4,4,16,'{"weight_bytes": 4.0, "quality": 0.3320500707290797, "loss": 0.6989274415520164, "size": 4.0, "loss_drop": 0.5989274415520164}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 1, 0, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.527209','2026-11-24 08:09:19.027209',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[1, 1, 2, 1, 0, 0, 0, 1]',4,4,16,'{"weight_bytes": 4.0, "quality": 0.33816233986825095, "loss": 0.671494223830748, "size": 6.0, "loss_drop": 0.571494223830748}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 2, 1, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.527396','2026-11-24 08:09:19.027396',1);
INSERT INTO "trials" VALUES(1,18,'COMPLETE','[0, 1, 1, 0, 1, 0, 2, 0]',4,4,16,'{"weight_bytes": 4.0, "quality": 0.3569771898494072, "loss": 0.5885083124225706, "size": 5.0, "loss_drop": 0.48850831242257065}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 0, 1, 0, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.527484','2026-11-24 08:09:19.027484',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[0, 0, 1, 1, 0, 1, 0, 1]',4,4,16,'{"weight_bytes": 4.0, "quality": 0.3383390992112132, "loss": 0.6707045455759438, "size": 4.0, "loss_drop": 0.5707045455759439}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 1, 0, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.527566','2026-11-24 08:09:19.027566',1);
INSERT INTO "trials" VALUES(1,20,'COMPLETE','[1, 0, 0, 1, 0, 1, 1, 1]',5,4,20,'{"weight_bytes": 4.0, "quality": 0.3625020605587313, "loss": 0.564520886199845, "size": 5.0, "loss_drop": 0.464520886199845}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 1, 0, 1, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.562584','2026-11-24 08:09:19.062584',1);
INSERT INTO "trials" VALUES(1,21,'COMPLETE','[0, 0, 0, 1, 1, 1, 0, 0]',5,4,20,'{"weight_bytes": 4.0, "quality": 0.33451017167397906, "loss": 0.6878560657621232, "size": 3.0, "loss_drop": 0.5878560657621232}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 1, 1, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.562799','2026-11-24 08:09:19.062799',1);
INSERT INTO "trials" VALUES(1,22,'COMPLETE','[1, 0, 1, 0, 1, 1, 2, 1]',5,4,20,'{"weight_bytes": 4.0, "quality": 0.3778669672640361, "loss": 0.4986117536472694, "size": 7.0, "loss_drop": 0.3986117536472694}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 0, 1, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.562886','2026-11-24 08:09:19.062886',1);
INSERT INTO "trials" VALUES(1,23,'COMPLETE','[0, 0, 2, 0, 1, 0, 0, 0]',5,4,20,'{"weight_bytes": 4.0, "quality": 0.2865984014103618, "loss": 0.9119625761204939, "size": 3.0, "loss_drop": 0.8119625761204939}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 2, 0, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.562962','2026-11-24 08:09:19.062962',1);
INSERT INTO "trials" VALUES(1,24,'COMPLETE','[0, 0, 2, 1, 1, 1, 2, 1]',6,4,24,'{"weight_bytes": 4.0, "quality": 0.3693988866154951, "loss": 0.5347964589792118, "size": 8.0, "loss_drop": 0.4347964589792118}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 2, 1, 1, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.596353','2026-11-24 08:09:19.096353',1);
INSERT INTO "trials" VALUES(1,25,'COMPLETE','[0, 0, 1, 0, 0, 1, 2, 1]',6,4,24,'{"weight_bytes": 4.0, "quality": 0.36454441197921467, "loss": 0.555693815499556, "size": 5.0, "loss_drop": 0.455693815499556}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.596516','2026-11-24 08:09:19.096516',1);
INSERT INTO "trials" VALUES(1,26,'COMPLETE','[1, 1, 2, 0, 0, 1, 1, 1]',6,4,24,'{"weight_bytes": 4.0, "quality": 0.39353243709476005, "loss": 0.4324877478010281, "size": 7.0, "loss_drop": 0.3324877478010281}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 2, 0, 0, 1, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:18.596595','2026-11-24 08:09:19.096595',1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
