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
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:12.972498','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:12.974127','info','weights of 2 bits are left out, weight_bytes cannot price them: layer2');
INSERT INTO "events" VALUES(3,1,'2026-11-24 08:09:13.061588','error','trial 9 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(4,1,'2026-11-24 08:09:13.067145','error','trial 12 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(5,1,'2026-11-24 08:09:13.067500','error','trial 14 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(6,1,'2026-11-24 08:09:13.098396','error','trial 22 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(7,1,'2026-11-24 08:09:13.098765','error','trial 23 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(8,1,'2026-11-24 08:09:13.122116','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,24);
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
INSERT INTO "hypervolume" VALUES(1,25,9.3653387579935665208e-01);
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
INSERT INTO "jobs" VALUES(1,'nsga3_plain','PAUSED','{"name": "nsga3_plain", "seed": 3, "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8], "left_out": {"layer2": {"weights": [2]}}}, "evaluator": {"name": "toy:ToyNetwork", "fail": [9]}, "cost_models": [{"name": "toy:ByteMachine"}], "objectives": [{"metric": "loss"}, {"metric": "weight_bytes"}], "constraints": ["loss_drop <= 0.9"], "searcher": {"name": "nsga3", "population": 8, "model": "none", "start": "uniform"}, "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "layer0.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer0.activation", "options": [4, 8], "ordered": true}, {"name": "layer1.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer1.activation", "options": [4, 8], "ordered": true}, {"name": "layer2.weight", "options": [4, 8], "ordered": true}, {"name": "layer2.activation", "options": [4, 8], "ordered": true}, {"name": "layer3.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer3.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [{"metric": "loss_drop", "operator": "<=", "bound": 0.9}], "best": [0.0, 4.0], "worst": [4.0, 4.0], "profile": {"layers": [{"name": "layer0", "kind": "linear", "order": 0, "input_shape": [10], "output_shape": [20], "weight_shape": [20, 10], "macs": 200, "bias": 20, "parameters": 220, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer1", "kind": "linear", "order": 1, "input_shape": [20], "output_shape": [30], "weight_shape": [30, 20], "macs": 600, "bias": 30, "parameters": 630, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer2", "kind": "linear", "order": 2, "input_shape": [30], "output_shape": [40], "weight_shape": [40, 30], "macs": 1200, "bias": 40, "parameters": 1240, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer3", "kind": "linear", "order": 3, "input_shape": [40], "output_shape": [50], "weight_shape": [50, 40], "macs": 2000, "bias": 50, "parameters": 2050, "groups": 1, "kept_float": false, "calls": 1}], "input_shapes": [[10]], "input_dtypes": [], "operations": [], "outputs": [], "method": "hooks", "notes": ["weights of 2 bits are left out, weight_bytes cannot price them: layer2"], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "toy:ByteMachine", "provenance": {}, "layers": [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]}], "identity": {"evaluator": "toy:ToyNetwork {\"fail\": [9]} version 1", "code": "1a55e6b7af15f165"}}',40,26,5,0,1,9.3653387579935665208e-01,'interrupted','2026-11-24 08:09:12.953386','2026-11-24 08:09:13.122607',NULL,NULL,1,'2026-11-24 08:09:43.128314',52,0.158461740000007);
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
INSERT INTO "measurements" VALUES('e9c11330af869878fe86e05f0861b6fd26a3a31a77602839f09b9a261897af58','{"quality": 0.3713042108385799, "loss": 0.5266257957577022, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 4');
INSERT INTO "measurements" VALUES('adf5c46c79268f3bfe206faf8f27b778b91cf33f01d5f268dbea73778bf5ce85','{"quality": 0.2904821800700114, "loss": 0.8930433803265377, "size": 1.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 0)"}',0.5,'job 1 trial 5');
INSERT INTO "measurements" VALUES('a8d76344d3b42725372233366b82ecddb6f19e9bfd0becff1a1e8f0c6a74771e','{"quality": 0.33605011999286155, "loss": 0.6809463492261828, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 0, 0, 0, 0, 2, 1)"}',0.5,'job 1 trial 6');
INSERT INTO "measurements" VALUES('cc8b505aa9e254e75e04074fcb25ea8cb008532701f507c3b03da1c4a2f9ecdf','{"quality": 0.3980338681377059, "loss": 0.41366408687386824, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 0, 1, 2, 1)"}',0.5,'job 1 trial 7');
INSERT INTO "measurements" VALUES('990f0f88bc99688bbdea5b58691d2e4c0e187b9d33504626bb48fdfaa73de8fc','{"quality": 0.31237710570450444, "loss": 0.7890294388216063, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 8');
INSERT INTO "measurements" VALUES('9f70a83c2f97274daebac25ba190377c8181dfbd66c311808668cb606aa60222','{"quality": 0.36520021932950175, "loss": 0.5528638938482862, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 1, 1, 0, 1, 2, 1)"}',0.5,'job 1 trial 10');
INSERT INTO "measurements" VALUES('2d1d7c1449764dfa485f76571feaf373bef4004792f5164e5f872025b65c64b7','{"quality": 0.3761031783977155, "loss": 0.5061214883228653, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 0, 0, 1, 1, 1)"}',0.5,'job 1 trial 11');
INSERT INTO "measurements" VALUES('70aa734a9714ec67fd3ba07ff77c8b8c25778126e6f76cf20fa1bd288c1ee1f9','{"quality": 0.3899289873122851, "loss": 0.44761072590413253, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 0, 0, 0, 2, 1)"}',0.5,'job 1 trial 13');
INSERT INTO "measurements" VALUES('9d262d699250302f2da412bfbb7ab4c3fdf05fd94a067a7b4a09b276d8cbd48f','{"quality": 0.35506864514845204, "loss": 0.5968327471474548, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 2, 1, 0, 1, 1, 0)"}',0.5,'job 1 trial 15');
INSERT INTO "measurements" VALUES('c1e0b69bc87ebd00d40d7d2b9b44939bc78648a5af2c455c96e87a236dd55191','{"quality": 0.38222122651833923, "loss": 0.4801308536693968, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 1, 1, 1, 2, 1)"}',0.5,'job 1 trial 16');
INSERT INTO "measurements" VALUES('2b94e82c3fd10848a547837dd19f61ccce0985c4cb06afe5b52414a5ed686a69','{"quality": 0.38152242265183917, "loss": 0.48309131392896665, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 0, 1, 1, 1)"}',0.5,'job 1 trial 17');
INSERT INTO "measurements" VALUES('54de9b1c1f6e5dba296aadd87e57af71ad01243559891dea8339777069496c62','{"quality": 0.3756612399510393, "loss": 0.5080053260480393, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 0, 1, 2, 1)"}',0.5,'job 1 trial 20');
INSERT INTO "measurements" VALUES('b615d1c38bc1a1bacd7617f00e646fd2a861dc27ed46af39078e8969bcf270e0','{"quality": 0.3597555072516752, "loss": 0.5764254691193826, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 1, 1, 0, 0, 2, 1)"}',0.5,'job 1 trial 21');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[1, 0, 1, 0, 0, 0, 1, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.2969184165871863, "loss": 0.8620155260087778, "size": 3.0, "loss_drop": 0.7620155260087779}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W4A4',NULL,'2026-11-24 08:09:13.049092','2026-11-24 08:09:13.049127',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[1, 1, 1, 1, 0, 1, 1, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.383071525796986, "loss": 0.4765313688959506, "size": 7.0, "loss_drop": 0.3765313688959506}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W4A8',NULL,'2026-11-24 08:09:13.049147','2026-11-24 08:09:13.049157',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[2, 0, 2, 0, 1, 0, 2, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3430697813788498, "loss": 0.6496439299721625, "size": 7.0, "loss_drop": 0.5496439299721625}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A4',NULL,'2026-11-24 08:09:13.049166','2026-11-24 08:09:13.049174',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[2, 1, 2, 1, 1, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0, "loss_drop": 0.2799626467543349}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A8',NULL,'2026-11-24 08:09:13.049182','2026-11-24 08:09:13.049189',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[2, 0, 0, 0, 0, 1, 2, 1]',1,1,1,'{"weight_bytes": 4.0, "quality": 0.3713042108385799, "loss": 0.5266257957577022, "size": 6.0, "loss_drop": 0.4266257957577022}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.552886','2026-11-24 08:09:13.052886',1);
INSERT INTO "trials" VALUES(1,5,'COMPLETE','[0, 0, 0, 0, 1, 0, 0, 0]',2,1,2,'{"weight_bytes": 4.0, "quality": 0.2904821800700114, "loss": 0.8930433803265377, "size": 1.0, "loss_drop": 0.7930433803265378}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.553033','2026-11-24 08:09:13.053033',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[2, 1, 0, 0, 0, 0, 2, 1]',3,1,3,'{"weight_bytes": 4.0, "quality": 0.33605011999286155, "loss": 0.6809463492261828, "size": 6.0, "loss_drop": 0.5809463492261828}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 0, 0, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.553090','2026-11-24 08:09:13.053090',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[1, 0, 1, 1, 0, 1, 2, 1]',4,1,4,'{"weight_bytes": 4.0, "quality": 0.3980338681377059, "loss": 0.41366408687386824, "size": 7.0, "loss_drop": 0.31366408687386826}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.553135','2026-11-24 08:09:13.053135',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[0, 0, 0, 0, 0, 1, 2, 1]',5,4,8,'{"weight_bytes": 4.0, "quality": 0.31237710570450444, "loss": 0.7890294388216063, "size": 4.0, "loss_drop": 0.6890294388216063}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.560068','2026-11-24 08:09:13.060068',1);
INSERT INTO "trials" VALUES(1,9,'FAIL','[1, 1, 2, 1, 1, 1, 1, 1]',5,4,8,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:13.058247','2026-11-24 08:09:13.060229',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[2, 0, 1, 1, 0, 1, 2, 1]',5,4,8,'{"weight_bytes": 4.0, "quality": 0.36520021932950175, "loss": 0.5528638938482862, "size": 8.0, "loss_drop": 0.4528638938482862}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 1, 1, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.560242','2026-11-24 08:09:13.060242',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[1, 0, 1, 0, 0, 1, 1, 1]',5,4,8,'{"weight_bytes": 4.0, "quality": 0.3761031783977155, "loss": 0.5061214883228653, "size": 5.0, "loss_drop": 0.4061214883228653}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 0, 0, 1, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.560293','2026-11-24 08:09:13.060293',1);
INSERT INTO "trials" VALUES(1,12,'FAIL','[2, 0, 2, 0, 1, 1, 2, 1]',6,1,9,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:13.062530','2026-11-24 08:09:13.065537',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[2, 1, 1, 0, 0, 0, 2, 1]',7,1,10,'{"weight_bytes": 4.0, "quality": 0.3899289873122851, "loss": 0.44761072590413253, "size": 7.0, "loss_drop": 0.34761072590413256}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 0, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.565559','2026-11-24 08:09:13.065559',1);
INSERT INTO "trials" VALUES(1,14,'FAIL','[2, 1, 2, 1, 1, 0, 2, 0]',8,1,11,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:13.063262','2026-11-24 08:09:13.065655',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[1, 1, 2, 1, 0, 1, 1, 0]',9,1,12,'{"weight_bytes": 4.0, "quality": 0.35506864514845204, "loss": 0.5968327471474548, "size": 7.0, "loss_drop": 0.49683274714745485}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 2, 1, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.565666','2026-11-24 08:09:13.065666',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[2, 0, 0, 1, 1, 1, 2, 1]',10,1,13,'{"weight_bytes": 4.0, "quality": 0.38222122651833923, "loss": 0.4801308536693968, "size": 8.0, "loss_drop": 0.3801308536693968}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 1, 1, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.581673','2026-11-24 08:09:13.081673',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[1, 0, 1, 1, 0, 1, 1, 1]',11,1,14,'{"weight_bytes": 4.0, "quality": 0.38152242265183917, "loss": 0.48309131392896665, "size": 6.0, "loss_drop": 0.38309131392896667}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 0, 1, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.581806','2026-11-24 08:09:13.081806',1);
INSERT INTO "trials" VALUES(1,18,'COMPLETE','[2, 1, 2, 0, 1, 1, 2, 1]',12,1,15,'{"weight_bytes": 4.0, "quality": 0.40148462699871984, "loss": 0.3992829668176344, "size": 10.0, "loss_drop": 0.29928296681763444}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 1',NULL,'2026-11-24 08:09:13.074782','2026-11-24 08:09:13.074798',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[2, 1, 2, 1, 0, 1, 2, 1]',13,1,16,'{"weight_bytes": 4.0, "quality": 0.3873765606166774, "loss": 0.4583532110034995, "size": 10.0, "loss_drop": 0.3583532110034995}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 8',NULL,'2026-11-24 08:09:13.075134','2026-11-24 08:09:13.075148',1);
INSERT INTO "trials" VALUES(1,20,'COMPLETE','[1, 1, 1, 1, 0, 1, 2, 1]',14,1,17,'{"weight_bytes": 4.0, "quality": 0.3756612399510393, "loss": 0.5080053260480393, "size": 8.0, "loss_drop": 0.4080053260480393}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.596483','2026-11-24 08:09:13.096483',1);
INSERT INTO "trials" VALUES(1,21,'COMPLETE','[2, 0, 1, 1, 0, 0, 2, 1]',15,1,18,'{"weight_bytes": 4.0, "quality": 0.3597555072516752, "loss": 0.5764254691193826, "size": 7.0, "loss_drop": 0.47642546911938266}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 1, 1, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:12.596662','2026-11-24 08:09:13.096662',1);
INSERT INTO "trials" VALUES(1,22,'FAIL','[2, 0, 1, 1, 1, 1, 2, 1]',16,1,19,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:13.089454','2026-11-24 08:09:13.096716',1);
INSERT INTO "trials" VALUES(1,23,'FAIL','[2, 1, 0, 1, 1, 1, 2, 1]',17,1,20,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:13.089832','2026-11-24 08:09:13.096726',1);
INSERT INTO "trials" VALUES(1,24,'COMPLETE','[2, 1, 1, 1, 1, 1, 2, 1]',18,1,21,'{"weight_bytes": 4.0, "quality": 0.43687254441818724, "loss": 0.25386449680257334, "size": 10.0, "loss_drop": 0.15386449680257333}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 4',NULL,'2026-11-24 08:09:13.104499','2026-11-24 08:09:13.104540',1);
INSERT INTO "trials" VALUES(1,25,'COMPLETE','[1, 1, 2, 1, 1, 1, 2, 1]',19,1,22,'{"weight_bytes": 4.0, "quality": 0.43595664925420385, "loss": 0.25758830147904377, "size": 10.0, "loss_drop": 0.15758830147904376}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 3',NULL,'2026-11-24 08:09:13.105054','2026-11-24 08:09:13.105071',1);
INSERT INTO "trials" VALUES(1,26,'RUNNING','[2, 0, 0, 1, 0, 1, 2, 1]',20,1,23,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:13.105427',NULL,1);
INSERT INTO "trials" VALUES(1,27,'RUNNING','[0, 1, 2, 0, 1, 1, 2, 1]',21,1,24,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:13.105792',NULL,1);
INSERT INTO "trials" VALUES(1,28,'RUNNING','[1, 1, 1, 0, 1, 1, 1, 1]',22,1,25,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:13.113109',NULL,1);
INSERT INTO "trials" VALUES(1,29,'RUNNING','[2, 1, 1, 1, 1, 1, 1, 1]',23,1,26,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:13.114286',NULL,1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
