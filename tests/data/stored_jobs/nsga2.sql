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
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:23.804866','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:23.807108','info','weights of 2 bits are left out, weight_bytes cannot price them: layer2');
INSERT INTO "events" VALUES(3,1,'2026-11-24 08:09:23.921855','error','trial 5 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(4,1,'2026-11-24 08:09:23.970263','error','trial 24 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(5,1,'2026-11-24 08:09:23.971924','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,20);
CREATE TABLE hypervolume (
	job_id INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (job_id, finished), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "hypervolume" VALUES(1,1,8.88134162711475827478e-01);
INSERT INTO "hypervolume" VALUES(1,18,9.3653387579935665208e-01);
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
INSERT INTO "jobs" VALUES(1,'nsga2','PAUSED','{"name": "nsga2", "seed": 3, "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8], "left_out": {"layer2": {"weights": [2]}}}, "evaluator": {"name": "toy:ToyNetwork", "fail": [9]}, "cost_models": [{"name": "toy:ByteMachine"}], "objectives": [{"metric": "loss"}, {"metric": "weight_bytes"}], "constraints": ["loss_drop <= 0.9"], "searcher": {"name": "optuna", "sampler": "nsga2", "options": {"population_size": 6}}, "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "layer0.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer0.activation", "options": [4, 8], "ordered": true}, {"name": "layer1.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer1.activation", "options": [4, 8], "ordered": true}, {"name": "layer2.weight", "options": [4, 8], "ordered": true}, {"name": "layer2.activation", "options": [4, 8], "ordered": true}, {"name": "layer3.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer3.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [{"metric": "loss_drop", "operator": "<=", "bound": 0.9}], "best": [0.0, 4.0], "worst": [4.0, 4.0], "profile": {"layers": [{"name": "layer0", "kind": "linear", "order": 0, "input_shape": [10], "output_shape": [20], "weight_shape": [20, 10], "macs": 200, "bias": 20, "parameters": 220, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer1", "kind": "linear", "order": 1, "input_shape": [20], "output_shape": [30], "weight_shape": [30, 20], "macs": 600, "bias": 30, "parameters": 630, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer2", "kind": "linear", "order": 2, "input_shape": [30], "output_shape": [40], "weight_shape": [40, 30], "macs": 1200, "bias": 40, "parameters": 1240, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer3", "kind": "linear", "order": 3, "input_shape": [40], "output_shape": [50], "weight_shape": [50, 40], "macs": 2000, "bias": 50, "parameters": 2050, "groups": 1, "kept_float": false, "calls": 1}], "input_shapes": [[10]], "input_dtypes": [], "operations": [], "outputs": [], "method": "hooks", "notes": ["weights of 2 bits are left out, weight_bytes cannot price them: layer2"], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "toy:ByteMachine", "provenance": {}, "layers": [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]}], "identity": {"evaluator": "toy:ToyNetwork {\"fail\": [9]} version 1", "code": "1a55e6b7af15f165"}}',40,25,2,0,1,9.3653387579935665208e-01,'interrupted','2026-11-24 08:09:23.784859','2026-11-24 08:09:23.975198',NULL,NULL,1,'2026-11-24 08:09:53.980630',50,1.78884098000025915098e-01);
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
INSERT INTO "measurements" VALUES('653055d3990e6d418e8e4692a19db2bf80f76ba7162c11cc6be22fa9d795e4df','{"quality": 0.38996404650660266, "loss": 0.4474633491540969, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 0');
INSERT INTO "measurements" VALUES('70cdb874ca1af899f979bbe73a1c3ab3bec81df1b178f7060113d208323acef3','{"quality": 0.3748412961225847, "loss": 0.5115028176545977, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 1');
INSERT INTO "measurements" VALUES('4ea29718fe5cd38a9fb91ca3c54c4d2243c15ec527b416cd98b6f87d6cddbf10','{"quality": 0.3359978791171401, "loss": 0.6811804957801117, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 0, 1, 1, 0)"}',0.5,'job 1 trial 2');
INSERT INTO "measurements" VALUES('7244c2c90203cc6567f3233b1224523eb68db43dc921547cdfe55022818839db','{"quality": 0.31699735884324043, "loss": 0.7676052844393267, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 1, 0, 0, 0, 1)"}',0.5,'job 1 trial 3');
INSERT INTO "measurements" VALUES('56e13d59c69a3fe976a3c52f6ee64442bc7c9f1e53eff8d3340604e3c051c77a','{"quality": 0.2876143998780643, "loss": 0.9069986443085724, "size": 2.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 1)"}',0.5,'job 1 trial 4');
INSERT INTO "measurements" VALUES('d8f1bfed6bcc8a01b249467d835afad22b443f50277d0faa4e2cc417f9dcf1a2','{"quality": 0.30374565039661044, "loss": 0.8295243635378875, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 1, 0, 0, 1, 2, 0)"}',0.5,'job 1 trial 6');
INSERT INTO "measurements" VALUES('c550f3784a1e28e4316162c467c39d258b9cbc74bd38e7efe15fdb9745d4d895','{"quality": 0.3830366971841607, "loss": 0.4766787456459861, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 0, 1, 1, 1, 2, 0)"}',0.5,'job 1 trial 7');
INSERT INTO "measurements" VALUES('7b9f1fe6be6c2d8febc5e075b682d99d91fdca9c3acb51828f1c92c9582a76c3','{"quality": 0.3234847285097735, "loss": 0.7378031158738393, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 0, 0, 0, 0, 2, 0)"}',0.5,'job 1 trial 9');
INSERT INTO "measurements" VALUES('9a2a4232d67b2c9d1c5dc04494956e40f5f229bca6dbe638c896f80c721ef8f9','{"quality": 0.3692942112989038, "loss": 0.5352458449013514, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 1, 0, 1, 0, 0)"}',0.5,'job 1 trial 10');
INSERT INTO "measurements" VALUES('315f2a387f1b07f50f31ba65092d180e3840c9f9446b3d4061a6ae39cef8852b','{"quality": 0.3768554449363164, "loss": 0.5029168437365702, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 1, 0, 2, 1)"}',0.5,'job 1 trial 11');
INSERT INTO "measurements" VALUES('011d15cbf0bfdbeec3366647c3acb122d5bb0dac54d09668c33d148409a900a0','{"quality": 0.3629411226241319, "loss": 0.5626214559805204, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 0, 0, 0, 1)"}',0.5,'job 1 trial 12');
INSERT INTO "measurements" VALUES('72e647e1e20fd8f1c4ab79786d8b9682709d6c99ee8e18efb375095a2cdfe37a','{"quality": 0.3379963059852192, "loss": 0.6722361696187065, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 13');
INSERT INTO "measurements" VALUES('21cb049361716b6338867beeb9068469fef9b29645b7550ce145577262e3cc6d','{"quality": 0.352323627731869, "loss": 0.6088409959085536, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 0, 0, 0, 0, 1)"}',0.5,'job 1 trial 14');
INSERT INTO "measurements" VALUES('09df64c889d2876758d031ca4bb618e291f76b3ded852fac4e0e409880c0e93f','{"quality": 0.38202090583297643, "loss": 0.4809792942562572, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 15');
INSERT INTO "measurements" VALUES('ff2f14a9fd7127fe3bf0ff311eb2f2f55cf78836bec8ff359c4830591471f85e','{"quality": 0.37417040150208625, "loss": 0.5143668145314891, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 1, 1, 1, 1, 0, 0)"}',0.5,'job 1 trial 16');
INSERT INTO "measurements" VALUES('d26ae53220556f090f66afe0eaa867393c6cc6f32495b0259c0a3640626aaaa5','{"quality": 0.35441304594656114, "loss": 0.5996968798604465, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 0, 1, 1, 0, 1)"}',0.5,'job 1 trial 17');
INSERT INTO "measurements" VALUES('e7d9b7293ff2d27ec5e0e8b6b3be57bdce5a3019c6fc452755ccffa4f70dd8d7','{"quality": 0.3558961262262087, "loss": 0.5932210997651368, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 0, 0, 2, 1)"}',0.5,'job 1 trial 18');
INSERT INTO "measurements" VALUES('ad0f0fc099851a17d0ad3f6a3c1771cf122ceffe93f59f8792e10b32452e1e77','{"quality": 0.35869050714065176, "loss": 0.5810522490027508, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 0, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 19');
INSERT INTO "measurements" VALUES('76415bbbbbf53ebc2dc39549be371cb3f60aa505b602256d588ba0a2369deccd','{"quality": 0.35920465181940336, "loss": 0.5788178494905841, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(0, 1, 1, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 21');
INSERT INTO "measurements" VALUES('9bc1ade66d2f6b24e749c5fd4f69c0b14679a6deefcf8dae7501c9fb064b6b6a','{"quality": 0.3625870627735873, "loss": 0.5641530800232831, "size": 8.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 1, 1, 1, 0, 1)"}',0.5,'job 1 trial 22');
INSERT INTO "measurements" VALUES('b1de6f96cd9603e30fd446aec76203bb8d88efe1eb5601043f73aee5df6623c5','{"quality": 0.3216572342089863, "loss": 0.7461662259166303, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 1, 1, 0, 1, 0, 0)"}',0.5,'job 1 trial 23');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[2, 1, 1, 1, 1, 1, 0, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.38996404650660266, "loss": 0.4474633491540969, "size": 8.0, "loss_drop": 0.34746334915409693}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.409747','2026-11-24 08:09:23.909747',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[1, 1, 0, 0, 0, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3748412961225847, "loss": 0.5115028176545977, "size": 6.0, "loss_drop": 0.41150281765459773}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 0, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.409912','2026-11-24 08:09:23.909912',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[1, 0, 1, 1, 0, 1, 1, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3359978791171401, "loss": 0.6811804957801117, "size": 5.0, "loss_drop": 0.5811804957801118}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.409964','2026-11-24 08:09:23.909964',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[0, 1, 1, 1, 0, 0, 0, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.31699735884324043, "loss": 0.7676052844393267, "size": 4.0, "loss_drop": 0.6676052844393268}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 1, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.410006','2026-11-24 08:09:23.910006',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[0, 0, 0, 0, 1, 0, 0, 1]',1,1,1,'{"weight_bytes": 4.0, "quality": 0.2876143998780643, "loss": 0.9069986443085724, "size": 2.0, "loss_drop": 0.8069986443085724}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.419495','2026-11-24 08:09:23.919495',1);
INSERT INTO "trials" VALUES(1,5,'FAIL','[2, 0, 2, 1, 1, 1, 2, 0]',2,1,2,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:23.915507','2026-11-24 08:09:23.919681',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[0, 0, 1, 0, 0, 1, 2, 0]',3,1,3,'{"weight_bytes": 4.0, "quality": 0.30374565039661044, "loss": 0.8295243635378875, "size": 4.0, "loss_drop": 0.7295243635378875}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 0, 0, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.419694','2026-11-24 08:09:23.919694',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[1, 0, 0, 1, 1, 1, 2, 0]',4,1,4,'{"weight_bytes": 4.0, "quality": 0.3830366971841607, "loss": 0.4766787456459861, "size": 6.0, "loss_drop": 0.37667874564598613}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 1, 1, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.419744','2026-11-24 08:09:23.919744',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[2, 1, 2, 1, 0, 1, 2, 1]',5,1,5,'{"weight_bytes": 4.0, "quality": 0.3873765606166774, "loss": 0.4583532110034995, "size": 10.0, "loss_drop": 0.3583532110034995}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 8',NULL,'2026-11-24 08:09:23.923712','2026-11-24 08:09:23.923741',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[1, 0, 0, 0, 0, 0, 2, 0]',6,1,6,'{"weight_bytes": 4.0, "quality": 0.3234847285097735, "loss": 0.7378031158738393, "size": 3.0, "loss_drop": 0.6378031158738393}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 0, 0, 0, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.430770','2026-11-24 08:09:23.930770',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[2, 0, 2, 1, 0, 1, 0, 0]',7,1,7,'{"weight_bytes": 4.0, "quality": 0.3692942112989038, "loss": 0.5352458449013514, "size": 6.0, "loss_drop": 0.43524584490135143}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 1, 0, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.430927','2026-11-24 08:09:23.930927',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[1, 1, 1, 1, 1, 0, 2, 1]',8,1,8,'{"weight_bytes": 4.0, "quality": 0.3768554449363164, "loss": 0.5029168437365702, "size": 8.0, "loss_drop": 0.4029168437365702}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 1, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.430980','2026-11-24 08:09:23.930980',1);
INSERT INTO "trials" VALUES(1,12,'COMPLETE','[2, 1, 1, 1, 0, 0, 0, 1]',9,1,9,'{"weight_bytes": 4.0, "quality": 0.3629411226241319, "loss": 0.5626214559805204, "size": 6.0, "loss_drop": 0.4626214559805204}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.431023','2026-11-24 08:09:23.931023',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[0, 1, 1, 0, 0, 1, 2, 1]',10,1,10,'{"weight_bytes": 4.0, "quality": 0.3379963059852192, "loss": 0.6722361696187065, "size": 6.0, "loss_drop": 0.5722361696187065}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.437913','2026-11-24 08:09:23.937913',1);
INSERT INTO "trials" VALUES(1,14,'COMPLETE','[1, 1, 1, 0, 0, 0, 0, 1]',11,1,11,'{"weight_bytes": 4.0, "quality": 0.352323627731869, "loss": 0.6088409959085536, "size": 4.0, "loss_drop": 0.5088409959085536}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 0, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.438087','2026-11-24 08:09:23.938087',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[1, 1, 1, 0, 0, 1, 2, 1]',12,1,12,'{"weight_bytes": 4.0, "quality": 0.38202090583297643, "loss": 0.4809792942562572, "size": 7.0, "loss_drop": 0.3809792942562572}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.438137','2026-11-24 08:09:23.938137',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[1, 0, 1, 1, 1, 1, 0, 0]',13,1,13,'{"weight_bytes": 4.0, "quality": 0.37417040150208625, "loss": 0.5143668145314891, "size": 5.0, "loss_drop": 0.41436681453148916}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 1, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.438179','2026-11-24 08:09:23.938179',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[2, 0, 2, 0, 1, 1, 0, 1]',14,1,14,'{"weight_bytes": 4.0, "quality": 0.35441304594656114, "loss": 0.5996968798604465, "size": 7.0, "loss_drop": 0.49969687986044653}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 0, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.446639','2026-11-24 08:09:23.946639',1);
INSERT INTO "trials" VALUES(1,18,'COMPLETE','[1, 1, 1, 1, 0, 0, 2, 1]',15,1,15,'{"weight_bytes": 4.0, "quality": 0.3558961262262087, "loss": 0.5932210997651368, "size": 7.0, "loss_drop": 0.49322109976513684}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.446785','2026-11-24 08:09:23.946785',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[1, 1, 0, 1, 1, 1, 0, 1]',16,1,16,'{"weight_bytes": 4.0, "quality": 0.35869050714065176, "loss": 0.5810522490027508, "size": 6.0, "loss_drop": 0.4810522490027508}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 0, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.446837','2026-11-24 08:09:23.946837',1);
INSERT INTO "trials" VALUES(1,20,'COMPLETE','[2, 1, 1, 1, 1, 1, 2, 1]',17,1,17,'{"weight_bytes": 4.0, "quality": 0.43687254441818724, "loss": 0.25386449680257334, "size": 10.0, "loss_drop": 0.15386449680257333}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 4',NULL,'2026-11-24 08:09:23.943487','2026-11-24 08:09:23.943503',1);
INSERT INTO "trials" VALUES(1,21,'COMPLETE','[0, 1, 1, 1, 1, 1, 0, 1]',18,1,18,'{"weight_bytes": 4.0, "quality": 0.35920465181940336, "loss": 0.5788178494905841, "size": 6.0, "loss_drop": 0.47881784949058415}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.463677','2026-11-24 08:09:23.963677',1);
INSERT INTO "trials" VALUES(1,22,'COMPLETE','[2, 0, 2, 1, 1, 1, 0, 1]',19,1,19,'{"weight_bytes": 4.0, "quality": 0.3625870627735873, "loss": 0.5641530800232831, "size": 8.0, "loss_drop": 0.46415308002328315}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.463835','2026-11-24 08:09:23.963835',1);
INSERT INTO "trials" VALUES(1,23,'COMPLETE','[2, 0, 1, 1, 0, 1, 0, 0]',20,1,20,'{"weight_bytes": 4.0, "quality": 0.3216572342089863, "loss": 0.7461662259166303, "size": 5.0, "loss_drop": 0.6461662259166303}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 1, 1, 0, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:23.463888','2026-11-24 08:09:23.963888',1);
INSERT INTO "trials" VALUES(1,24,'FAIL','[2, 1, 1, 1, 1, 0, 2, 1]',21,1,21,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:23.961304','2026-11-24 08:09:23.963931',1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
