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
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:09.190553','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:09.191453','info','weights of 2 bits are left out, weight_bytes cannot price them: layer2');
INSERT INTO "events" VALUES(3,1,'2026-11-24 08:09:09.335862','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,17);
CREATE TABLE hypervolume (
	job_id INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (job_id, finished), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "hypervolume" VALUES(1,1,8.68343551060574481148e-01);
INSERT INTO "hypervolume" VALUES(1,4,8.96583978281532911758e-01);
INSERT INTO "hypervolume" VALUES(1,9,0.904364825577672);
INSERT INTO "hypervolume" VALUES(1,17,9.29123520920664525135e-01);
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
INSERT INTO "jobs" VALUES(1,'random','PAUSED','{"name": "random", "seed": 3, "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8], "left_out": {"layer2": {"weights": [2]}}}, "evaluator": {"name": "toy:ToyNetwork", "fail": [9]}, "cost_models": [{"name": "toy:ByteMachine"}], "objectives": [{"metric": "loss"}, {"metric": "weight_bytes"}], "constraints": ["loss_drop <= 0.9"], "searcher": {"name": "random"}, "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "layer0.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer0.activation", "options": [4, 8], "ordered": true}, {"name": "layer1.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer1.activation", "options": [4, 8], "ordered": true}, {"name": "layer2.weight", "options": [4, 8], "ordered": true}, {"name": "layer2.activation", "options": [4, 8], "ordered": true}, {"name": "layer3.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer3.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [{"metric": "loss_drop", "operator": "<=", "bound": 0.9}], "best": [0.0, 4.0], "worst": [4.0, 4.0], "profile": {"layers": [{"name": "layer0", "kind": "linear", "order": 0, "input_shape": [10], "output_shape": [20], "weight_shape": [20, 10], "macs": 200, "bias": 20, "parameters": 220, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer1", "kind": "linear", "order": 1, "input_shape": [20], "output_shape": [30], "weight_shape": [30, 20], "macs": 600, "bias": 30, "parameters": 630, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer2", "kind": "linear", "order": 2, "input_shape": [30], "output_shape": [40], "weight_shape": [40, 30], "macs": 1200, "bias": 40, "parameters": 1240, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer3", "kind": "linear", "order": 3, "input_shape": [40], "output_shape": [50], "weight_shape": [50, 40], "macs": 2000, "bias": 50, "parameters": 2050, "groups": 1, "kept_float": false, "calls": 1}], "input_shapes": [[10]], "input_dtypes": [], "operations": [], "outputs": [], "method": "hooks", "notes": ["weights of 2 bits are left out, weight_bytes cannot price them: layer2"], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "toy:ByteMachine", "provenance": {}, "layers": [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]}], "identity": {"evaluator": "toy:ToyNetwork {\"fail\": [9]} version 1", "code": "1a55e6b7af15f165"}}',40,28,0,0,1,9.29123520920664525135e-01,'interrupted','2026-11-24 08:09:09.177364','2026-11-24 08:09:09.340568',NULL,NULL,1,'2026-11-24 08:09:39.344284',50,1.52180917999999110179e-01);
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
INSERT INTO "measurements" VALUES('e9c11330af869878fe86e05f0861b6fd26a3a31a77602839f09b9a261897af58','{"quality": 0.3713042108385799, "loss": 0.5266257957577022, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 0');
INSERT INTO "measurements" VALUES('adf5c46c79268f3bfe206faf8f27b778b91cf33f01d5f268dbea73778bf5ce85','{"quality": 0.2904821800700114, "loss": 0.8930433803265377, "size": 1.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 0)"}',0.5,'job 1 trial 1');
INSERT INTO "measurements" VALUES('a8d76344d3b42725372233366b82ecddb6f19e9bfd0becff1a1e8f0c6a74771e','{"quality": 0.33605011999286155, "loss": 0.6809463492261828, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 0, 0, 0, 0, 2, 1)"}',0.5,'job 1 trial 2');
INSERT INTO "measurements" VALUES('cc8b505aa9e254e75e04074fcb25ea8cb008532701f507c3b03da1c4a2f9ecdf','{"quality": 0.3980338681377059, "loss": 0.41366408687386824, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 0, 1, 2, 1)"}',0.5,'job 1 trial 3');
INSERT INTO "measurements" VALUES('aad020e3dd6dacc6a9ef8a5e83cbbf6590410f1eb31e90ca2ff4518b33a6f289','{"quality": 0.3597555072516752, "loss": 0.5764254691193826, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 1, 1, 1, 2, 0)"}',0.5,'job 1 trial 4');
INSERT INTO "measurements" VALUES('bdcf51a0a4cea4f4a6659adac95f973b4b8c90db636c87f018fe2824d5145b1b','{"quality": 0.31025754001213535, "loss": 0.7989155547131489, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 1, 1, 0, 0, 0)"}',0.5,'job 1 trial 5');
INSERT INTO "measurements" VALUES('7244c2c90203cc6567f3233b1224523eb68db43dc921547cdfe55022818839db','{"quality": 0.31699735884324043, "loss": 0.7676052844393267, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 1, 0, 0, 0, 1)"}',0.5,'job 1 trial 6');
INSERT INTO "measurements" VALUES('84fb6af53acc0b3436c0bddb8c16cdb6fa3c76544b82fc85149e96cf73d1c6d1','{"quality": 0.3089630736955696, "loss": 0.8049714941219549, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 0, 1, 1, 0, 0, 0)"}',0.5,'job 1 trial 7');
INSERT INTO "measurements" VALUES('75f26795ba3136abf6a7f0dcd8c6416f4bcff96705d9c59456884fda69bbddbb','{"quality": 0.4055142581225827, "loss": 0.3825406976893121, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 1, 0, 1, 1)"}',0.5,'job 1 trial 8');
INSERT INTO "measurements" VALUES('ed8b6deb1b6ebe99fdcf86980781ae52970177e06a7873a0e42e19cbcf41fe6c','{"quality": 0.3558592697668497, "loss": 0.5933818843850588, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 1, 1, 0, 1, 1, 0)"}',0.5,'job 1 trial 9');
INSERT INTO "measurements" VALUES('4c7f983c80c0f41b72aa87fff54ffbd6f17f1c82298154e3d665a62a5ff77e41','{"quality": 0.365922452347044, "loss": 0.5497498297487304, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 1, 0, 1, 0, 1)"}',0.5,'job 1 trial 10');
INSERT INTO "measurements" VALUES('7ecaa9f6242e7908ca8ece2b04ffab7cc4a2f88b8e1234926ca14f0d98c366f1','{"quality": 0.35390197188482897, "loss": 0.6019312793726131, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 1, 0, 1, 1, 0)"}',0.5,'job 1 trial 11');
INSERT INTO "measurements" VALUES('f862dd424f735ce92a433b570799c66136fca7639271b39507fc1ce15c3ada32','{"quality": 0.3727814759973119, "loss": 0.5203026103146344, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 0, 1, 0, 1, 0)"}',0.5,'job 1 trial 12');
INSERT INTO "measurements" VALUES('d356478f2a82d0ebea041d9371b2e80c3a7aa1c90cfc393fe409aab53cb756f4','{"quality": 0.36254990342557286, "loss": 0.5643138646432051, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 2, 0, 1, 1, 0, 0)"}',0.5,'job 1 trial 13');
INSERT INTO "measurements" VALUES('6bce9d39263fd0138e519108d5fe4c52d1c51bc6e2b12252f8bd3514fb52e422','{"quality": 0.34728398430866275, "loss": 0.6309992991144667, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 0, 0, 1, 2, 0)"}',0.5,'job 1 trial 14');
INSERT INTO "measurements" VALUES('6013d88163f48ed396f9623fe2a2f6b641b6c6f4d44fde2dca86586ae1e82823','{"quality": 0.3448766942414868, "loss": 0.6416365258340903, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 1, 0, 1, 0, 1)"}',0.5,'job 1 trial 15');
INSERT INTO "measurements" VALUES('1b82abe2c6b625deba2d09f76c2a05cb2daa02f051cc2cca1e4f4aad3c0cd3fd','{"quality": 0.3425136536975624, "loss": 0.652112476038258, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 0, 0, 1, 1, 0)"}',0.5,'job 1 trial 16');
INSERT INTO "measurements" VALUES('cfa01280eb53d86ec32d8e8860c7705b87b6af268ddca5567c16b2af6d9dcd0e','{"quality": 0.36516862952889545, "loss": 0.5530001597093687, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 1, 0, 1, 0)"}',0.5,'job 1 trial 18');
INSERT INTO "measurements" VALUES('94ebb8ea11212a16263c54fee06c907a8434edd6141556a5667fc955ab3693bd','{"quality": 0.33663351704220795, "loss": 0.678332750021774, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 0, 1, 0, 1, 1)"}',0.5,'job 1 trial 19');
INSERT INTO "measurements" VALUES('a594e0eebbd9c5f31efc2a1ef406cc0dbea1ea796a8b21af95bfaad6e5ab6bb4','{"quality": 0.32257332581793324, "loss": 0.7419708396377903, "size": 2.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 0, 0, 0, 0, 0, 1)"}',0.5,'job 1 trial 20');
INSERT INTO "measurements" VALUES('43f97ed2ef7d9d7b351ca38665c4d6acec52d00dc04c2071fc7dd785444f3a4f','{"quality": 0.4050188615684634, "loss": 0.38459606713201455, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 1, 0, 0, 2, 1)"}',0.5,'job 1 trial 21');
INSERT INTO "measurements" VALUES('10d869edd1abdd2263358fd3e240d7e12d94a3288268882aaee4790a4a089e11','{"quality": 0.38983985025975215, "loss": 0.4479854488391578, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 2, 0, 0, 1, 1, 0)"}',0.5,'job 1 trial 22');
INSERT INTO "measurements" VALUES('948d742c40a2e6a6ad6a085f07c9d570029bbdd542f0a4b4118b3cb132d19b92','{"quality": 0.3761031783977155, "loss": 0.5061214883228653, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 0, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 23');
INSERT INTO "measurements" VALUES('8a0be268b8621840d8630f45cf980eebc5410a472a0135f94f42bf0e2d693571','{"quality": 0.3210665928979688, "loss": 0.7488744916637324, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 2, 0, 0, 0, 1, 0)"}',0.5,'job 1 trial 24');
INSERT INTO "measurements" VALUES('f39bccbf6ad7e3b60b9ef751a917a451ce56ce575dd07ccd68475697335eba9d','{"quality": 0.3781494272935685, "loss": 0.4974103992658129, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 1, 1, 1, 1, 0)"}',0.5,'job 1 trial 25');
INSERT INTO "measurements" VALUES('ebaf7f421fe11727aece1776c2fdd016682add83ead8a6b420dac649eb6e5f46','{"quality": 0.34209173605970894, "loss": 0.6539865699148272, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 1, 1, 0, 0, 0, 1)"}',0.5,'job 1 trial 26');
INSERT INTO "measurements" VALUES('5a3a57bc3c6201825dbadc4ea8bba0285b425b03b7403e3ed788034b833dd65d','{"quality": 0.3274356005579294, "loss": 0.7198064719218786, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 0, 0, 1, 0, 0)"}',0.5,'job 1 trial 27');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[2, 0, 0, 0, 0, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3713042108385799, "loss": 0.5266257957577022, "size": 6.0, "loss_drop": 0.4266257957577022}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.787829','2026-11-24 08:09:09.287829',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[0, 0, 0, 0, 1, 0, 0, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.2904821800700114, "loss": 0.8930433803265377, "size": 1.0, "loss_drop": 0.7930433803265378}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.792278','2026-11-24 08:09:09.292278',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[2, 1, 0, 0, 0, 0, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.33605011999286155, "loss": 0.6809463492261828, "size": 6.0, "loss_drop": 0.5809463492261828}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 0, 0, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.792449','2026-11-24 08:09:09.292449',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[1, 0, 1, 1, 0, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3980338681377059, "loss": 0.41366408687386824, "size": 7.0, "loss_drop": 0.31366408687386826}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.792503','2026-11-24 08:09:09.292503',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[2, 0, 0, 1, 1, 1, 2, 0]',1,1,1,'{"weight_bytes": 4.0, "quality": 0.3597555072516752, "loss": 0.5764254691193826, "size": 7.0, "loss_drop": 0.47642546911938266}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 1, 1, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.801687','2026-11-24 08:09:09.301687',1);
INSERT INTO "trials" VALUES(1,5,'COMPLETE','[2, 0, 0, 1, 1, 0, 0, 0]',2,1,2,'{"weight_bytes": 4.0, "quality": 0.31025754001213535, "loss": 0.7989155547131489, "size": 4.0, "loss_drop": 0.6989155547131489}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 1, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.801775','2026-11-24 08:09:09.301775',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[0, 1, 1, 1, 0, 0, 0, 1]',3,1,3,'{"weight_bytes": 4.0, "quality": 0.31699735884324043, "loss": 0.7676052844393267, "size": 4.0, "loss_drop": 0.6676052844393268}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 1, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.801826','2026-11-24 08:09:09.301826',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[1, 0, 0, 1, 1, 0, 0, 0]',4,1,4,'{"weight_bytes": 4.0, "quality": 0.3089630736955696, "loss": 0.8049714941219549, "size": 3.0, "loss_drop": 0.7049714941219549}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 1, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.801870','2026-11-24 08:09:09.301870',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[1, 1, 1, 1, 1, 0, 1, 1]',5,1,5,'{"weight_bytes": 4.0, "quality": 0.4055142581225827, "loss": 0.3825406976893121, "size": 7.0, "loss_drop": 0.2825406976893121}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 1, 0, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.809271','2026-11-24 08:09:09.309271',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[0, 0, 1, 1, 0, 1, 1, 0]',6,1,6,'{"weight_bytes": 4.0, "quality": 0.3558592697668497, "loss": 0.5933818843850588, "size": 4.0, "loss_drop": 0.4933818843850588}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 1, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.809435','2026-11-24 08:09:09.309435',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[1, 1, 2, 1, 0, 1, 0, 1]',7,1,7,'{"weight_bytes": 4.0, "quality": 0.365922452347044, "loss": 0.5497498297487304, "size": 7.0, "loss_drop": 0.44974982974873046}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 2, 1, 0, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.809485','2026-11-24 08:09:09.309485',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[2, 0, 2, 1, 0, 1, 1, 0]',8,1,8,'{"weight_bytes": 4.0, "quality": 0.35390197188482897, "loss": 0.6019312793726131, "size": 7.0, "loss_drop": 0.5019312793726132}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 1, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.809573','2026-11-24 08:09:09.309573',1);
INSERT INTO "trials" VALUES(1,12,'COMPLETE','[1, 1, 1, 0, 1, 0, 1, 0]',9,1,9,'{"weight_bytes": 4.0, "quality": 0.3727814759973119, "loss": 0.5203026103146344, "size": 5.0, "loss_drop": 0.42030261031463445}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 0, 1, 0, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.817750','2026-11-24 08:09:09.317750',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[0, 1, 2, 0, 1, 1, 0, 0]',10,1,10,'{"weight_bytes": 4.0, "quality": 0.36254990342557286, "loss": 0.5643138646432051, "size": 5.0, "loss_drop": 0.4643138646432051}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 2, 0, 1, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.817857','2026-11-24 08:09:09.317857',1);
INSERT INTO "trials" VALUES(1,14,'COMPLETE','[1, 1, 1, 0, 0, 1, 2, 0]',11,1,11,'{"weight_bytes": 4.0, "quality": 0.34728398430866275, "loss": 0.6309992991144667, "size": 6.0, "loss_drop": 0.5309992991144667}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 0, 0, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.817954','2026-11-24 08:09:09.317954',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[2, 0, 0, 1, 0, 1, 0, 1]',12,1,12,'{"weight_bytes": 4.0, "quality": 0.3448766942414868, "loss": 0.6416365258340903, "size": 5.0, "loss_drop": 0.5416365258340903}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 1, 0, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.818000','2026-11-24 08:09:09.318000',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[2, 1, 1, 0, 0, 1, 1, 0]',13,1,13,'{"weight_bytes": 4.0, "quality": 0.3425136536975624, "loss": 0.652112476038258, "size": 6.0, "loss_drop": 0.552112476038258}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 0, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.825811','2026-11-24 08:09:09.325811',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[2, 1, 2, 1, 1, 1, 1, 1]',14,1,14,'{"weight_bytes": 4.0, "quality": 0.4295944643675221, "loss": 0.283505916317342, "size": 10.0, "loss_drop": 0.183505916317342}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 7',NULL,'2026-11-24 08:09:09.319476','2026-11-24 08:09:09.319488',1);
INSERT INTO "trials" VALUES(1,18,'COMPLETE','[1, 1, 1, 1, 1, 0, 1, 0]',15,1,15,'{"weight_bytes": 4.0, "quality": 0.36516862952889545, "loss": 0.5530001597093687, "size": 6.0, "loss_drop": 0.4530001597093687}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 1, 0, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.825931','2026-11-24 08:09:09.325931',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[0, 0, 0, 0, 1, 0, 1, 1]',16,1,16,'{"weight_bytes": 4.0, "quality": 0.33663351704220795, "loss": 0.678332750021774, "size": 3.0, "loss_drop": 0.578332750021774}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 1, 0, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.825982','2026-11-24 08:09:09.325982',1);
INSERT INTO "trials" VALUES(1,20,'COMPLETE','[1, 0, 0, 0, 0, 0, 0, 1]',17,1,17,'{"weight_bytes": 4.0, "quality": 0.32257332581793324, "loss": 0.7419708396377903, "size": 2.0, "loss_drop": 0.6419708396377903}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 0, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.831746','2026-11-24 08:09:09.331746',1);
INSERT INTO "trials" VALUES(1,21,'COMPLETE','[1, 1, 2, 1, 0, 0, 2, 1]',18,1,18,'{"weight_bytes": 4.0, "quality": 0.4050188615684634, "loss": 0.38459606713201455, "size": 8.0, "loss_drop": 0.2845960671320146}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 2, 1, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.831849','2026-11-24 08:09:09.331849',1);
INSERT INTO "trials" VALUES(1,22,'COMPLETE','[2, 1, 2, 0, 0, 1, 1, 0]',19,1,19,'{"weight_bytes": 4.0, "quality": 0.38983985025975215, "loss": 0.4479854488391578, "size": 7.0, "loss_drop": 0.34798544883915783}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 2, 0, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.831899','2026-11-24 08:09:09.331899',1);
INSERT INTO "trials" VALUES(1,23,'COMPLETE','[0, 1, 0, 1, 1, 1, 0, 1]',20,1,20,'{"weight_bytes": 4.0, "quality": 0.3761031783977155, "loss": 0.5061214883228653, "size": 5.0, "loss_drop": 0.4061214883228653}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 0, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.831942','2026-11-24 08:09:09.331942',1);
INSERT INTO "trials" VALUES(1,24,'COMPLETE','[0, 1, 2, 0, 0, 0, 1, 0]',21,1,21,'{"weight_bytes": 4.0, "quality": 0.3210665928979688, "loss": 0.7488744916637324, "size": 4.0, "loss_drop": 0.6488744916637325}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 2, 0, 0, 0, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.834444','2026-11-24 08:09:09.334444',1);
INSERT INTO "trials" VALUES(1,25,'COMPLETE','[2, 0, 2, 1, 1, 1, 1, 0]',22,1,22,'{"weight_bytes": 4.0, "quality": 0.3781494272935685, "loss": 0.4974103992658129, "size": 8.0, "loss_drop": 0.3974103992658129}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 1, 1, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.834524','2026-11-24 08:09:09.334524',1);
INSERT INTO "trials" VALUES(1,26,'COMPLETE','[2, 0, 1, 1, 0, 0, 0, 1]',23,1,23,'{"weight_bytes": 4.0, "quality": 0.34209173605970894, "loss": 0.6539865699148272, "size": 5.0, "loss_drop": 0.5539865699148272}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 1, 1, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.834574','2026-11-24 08:09:09.334574',1);
INSERT INTO "trials" VALUES(1,27,'COMPLETE','[2, 0, 2, 0, 0, 1, 0, 0]',24,1,24,'{"weight_bytes": 4.0, "quality": 0.3274356005579294, "loss": 0.7198064719218786, "size": 5.0, "loss_drop": 0.6198064719218787}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 0, 0, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:08.834616','2026-11-24 08:09:09.334616',1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
