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
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:21.961086','info','started, 40 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:21.962935','info','weights of 2 bits are left out, weight_bytes cannot price them: layer2');
INSERT INTO "events" VALUES(3,1,'2026-11-24 08:09:22.075946','error','trial 5 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(4,1,'2026-11-24 08:09:22.087074','error','trial 11 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(5,1,'2026-11-24 08:09:22.295176','error','trial 20 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(6,1,'2026-11-24 08:09:22.295642','error','trial 21 failed: ValueError: a sum of 9 is more than I can take');
INSERT INTO "events" VALUES(7,1,'2026-11-24 08:09:22.554391','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,16);
CREATE TABLE hypervolume (
	job_id INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (job_id, finished), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "hypervolume" VALUES(1,1,8.88134162711475827478e-01);
INSERT INTO "hypervolume" VALUES(1,14,9.29123520920664525135e-01);
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
INSERT INTO "jobs" VALUES(1,'tpe','PAUSED','{"name": "tpe", "seed": 3, "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8], "left_out": {"layer2": {"weights": [2]}}}, "evaluator": {"name": "toy:ToyNetwork", "fail": [9]}, "cost_models": [{"name": "toy:ByteMachine"}], "objectives": [{"metric": "loss"}, {"metric": "weight_bytes"}], "constraints": ["loss_drop <= 0.9"], "searcher": {"name": "optuna"}, "pool": {"name": "inline"}, "budget": {"n_trials": 40}, "max_pending": 4}','{"choices": [{"name": "layer0.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer0.activation", "options": [4, 8], "ordered": true}, {"name": "layer1.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer1.activation", "options": [4, 8], "ordered": true}, {"name": "layer2.weight", "options": [4, 8], "ordered": true}, {"name": "layer2.activation", "options": [4, 8], "ordered": true}, {"name": "layer3.weight", "options": [2, 4, 8], "ordered": true}, {"name": "layer3.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [{"metric": "loss_drop", "operator": "<=", "bound": 0.9}], "best": [0.0, 4.0], "worst": [4.0, 4.0], "profile": {"layers": [{"name": "layer0", "kind": "linear", "order": 0, "input_shape": [10], "output_shape": [20], "weight_shape": [20, 10], "macs": 200, "bias": 20, "parameters": 220, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer1", "kind": "linear", "order": 1, "input_shape": [20], "output_shape": [30], "weight_shape": [30, 20], "macs": 600, "bias": 30, "parameters": 630, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer2", "kind": "linear", "order": 2, "input_shape": [30], "output_shape": [40], "weight_shape": [40, 30], "macs": 1200, "bias": 40, "parameters": 1240, "groups": 1, "kept_float": false, "calls": 1}, {"name": "layer3", "kind": "linear", "order": 3, "input_shape": [40], "output_shape": [50], "weight_shape": [50, 40], "macs": 2000, "bias": 50, "parameters": 2050, "groups": 1, "kept_float": false, "calls": 1}], "input_shapes": [[10]], "input_dtypes": [], "operations": [], "outputs": [], "method": "hooks", "notes": ["weights of 2 bits are left out, weight_bytes cannot price them: layer2"], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "toy:ByteMachine", "provenance": {}, "layers": [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]}], "identity": {"evaluator": "toy:ToyNetwork {\"fail\": [9]} version 1", "code": "1a55e6b7af15f165"}}',40,26,4,0,1,9.29123520920664525135e-01,'interrupted','2026-11-24 08:09:21.941458','2026-11-24 08:09:22.555727',NULL,NULL,1,'2026-11-24 08:09:52.562311',52,6.03425105999974675796e-01);
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
INSERT INTO "measurements" VALUES('ec81f673049790ffffaa22b603d5f3c1c4989114422cf4b573597ac91b61b22f','{"quality": 0.36367697508030217, "loss": 0.559440292680717, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 2, 0, 0, 0, 1, 1)"}',0.5,'job 1 trial 10');
INSERT INTO "measurements" VALUES('1ac3a61d2db2cf72eae4e9250f2e216a703707a321fa6bfa0e3e023a092ab787','{"quality": 0.3448766942414868, "loss": 0.6416365258340901, "size": 5.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 2, 0, 0, 1, 1, 0)"}',0.5,'job 1 trial 12');
INSERT INTO "measurements" VALUES('f06b0d46f5253e235b5cd08dd5e76d2f2847600d83a4ea190aa50c86fbc2c044','{"quality": 0.3293712216647536, "loss": 0.7110302994165081, "size": 4.0}','{"loss": 0.01}','{"log": "memory:(0, 0, 0, 1, 1, 0, 1, 1)"}',0.5,'job 1 trial 13');
INSERT INTO "measurements" VALUES('88f2c861df264cb6f3883f3819af90ef2fd15a171aba39ec63852fbf9e6ded57','{"quality": 0.3940121541215937, "loss": 0.4304781727154313, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 0)"}',0.5,'job 1 trial 14');
INSERT INTO "measurements" VALUES('4bdea1e30cc233be7a1d1eeee89433092105b0f88aa078152b2d48745960483d','{"quality": 0.38783121696503603, "loss": 0.4564377966044216, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 1, 1, 1, 0, 0, 1)"}',0.5,'job 1 trial 15');
INSERT INTO "measurements" VALUES('e9c11330af869878fe86e05f0861b6fd26a3a31a77602839f09b9a261897af58','{"quality": 0.3713042108385799, "loss": 0.5266257957577022, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 0, 0, 1, 2, 1)"}',0.5,'job 1 trial 18');
INSERT INTO "measurements" VALUES('38d72483e12fccef7c98d07271496267224d451456b987240824a10c4f50cc59','{"quality": 0.3494296527519549, "loss": 0.6215471737190321, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 1, 1, 0, 0)"}',0.5,'job 1 trial 19');
INSERT INTO "measurements" VALUES('a8d76344d3b42725372233366b82ecddb6f19e9bfd0becff1a1e8f0c6a74771e','{"quality": 0.33605011999286155, "loss": 0.6809463492261828, "size": 6.0}','{"loss": 0.01}','{"log": "memory:(2, 1, 0, 0, 0, 0, 2, 1)"}',0.5,'job 1 trial 22');
INSERT INTO "measurements" VALUES('aad020e3dd6dacc6a9ef8a5e83cbbf6590410f1eb31e90ca2ff4518b33a6f289','{"quality": 0.3597555072516752, "loss": 0.5764254691193826, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(2, 0, 0, 1, 1, 1, 2, 0)"}',0.5,'job 1 trial 23');
INSERT INTO "measurements" VALUES('84fb6af53acc0b3436c0bddb8c16cdb6fa3c76544b82fc85149e96cf73d1c6d1','{"quality": 0.3089630736955696, "loss": 0.8049714941219549, "size": 3.0}','{"loss": 0.01}','{"log": "memory:(1, 0, 0, 1, 1, 0, 0, 0)"}',0.5,'job 1 trial 24');
INSERT INTO "measurements" VALUES('75f26795ba3136abf6a7f0dcd8c6416f4bcff96705d9c59456884fda69bbddbb','{"quality": 0.4055142581225827, "loss": 0.3825406976893121, "size": 7.0}','{"loss": 0.01}','{"log": "memory:(1, 1, 1, 1, 1, 0, 1, 1)"}',0.5,'job 1 trial 25');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[2, 1, 1, 1, 1, 1, 0, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.38996404650660266, "loss": 0.4474633491540969, "size": 8.0, "loss_drop": 0.34746334915409693}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.557106','2026-11-24 08:09:22.057106',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[1, 1, 0, 0, 0, 1, 2, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3748412961225847, "loss": 0.5115028176545977, "size": 6.0, "loss_drop": 0.41150281765459773}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 0, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.557362','2026-11-24 08:09:22.057362',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[1, 0, 1, 1, 0, 1, 1, 0]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.3359978791171401, "loss": 0.6811804957801117, "size": 5.0, "loss_drop": 0.5811804957801118}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 1, 1, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.557483','2026-11-24 08:09:22.057483',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[0, 1, 1, 1, 0, 0, 0, 1]',0,4,0,'{"weight_bytes": 4.0, "quality": 0.31699735884324043, "loss": 0.7676052844393267, "size": 4.0, "loss_drop": 0.6676052844393268}','{"loss": 0.01}','{}','{"log": "memory:(0, 1, 1, 1, 0, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.557589','2026-11-24 08:09:22.057589',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[0, 0, 0, 0, 1, 0, 0, 1]',1,1,1,'{"weight_bytes": 4.0, "quality": 0.2876143998780643, "loss": 0.9069986443085724, "size": 2.0, "loss_drop": 0.8069986443085724}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 0, 1, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.572552','2026-11-24 08:09:22.072552',1);
INSERT INTO "trials" VALUES(1,5,'FAIL','[2, 0, 2, 1, 1, 1, 2, 0]',2,1,2,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:22.066869','2026-11-24 08:09:22.072740',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[0, 0, 1, 0, 0, 1, 2, 0]',3,1,3,'{"weight_bytes": 4.0, "quality": 0.30374565039661044, "loss": 0.8295243635378875, "size": 4.0, "loss_drop": 0.7295243635378875}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 1, 0, 0, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.572761','2026-11-24 08:09:22.072761',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[1, 0, 0, 1, 1, 1, 2, 0]',4,1,4,'{"weight_bytes": 4.0, "quality": 0.3830366971841607, "loss": 0.4766787456459861, "size": 6.0, "loss_drop": 0.37667874564598613}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 1, 1, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.572849','2026-11-24 08:09:22.072849',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[2, 1, 2, 1, 0, 1, 2, 1]',5,1,5,'{"weight_bytes": 4.0, "quality": 0.3873765606166774, "loss": 0.4583532110034995, "size": 10.0, "loss_drop": 0.3583532110034995}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 8',NULL,'2026-11-24 08:09:22.078494','2026-11-24 08:09:22.078536',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[1, 0, 0, 0, 0, 0, 2, 0]',6,1,6,'{"weight_bytes": 4.0, "quality": 0.3234847285097735, "loss": 0.7378031158738393, "size": 3.0, "loss_drop": 0.6378031158738393}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 0, 0, 0, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.585227','2026-11-24 08:09:22.085227',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[2, 0, 2, 0, 0, 0, 1, 1]',7,1,7,'{"weight_bytes": 4.0, "quality": 0.36367697508030217, "loss": 0.559440292680717, "size": 6.0, "loss_drop": 0.45944029268071707}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 2, 0, 0, 0, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.585400','2026-11-24 08:09:22.085400',1);
INSERT INTO "trials" VALUES(1,11,'FAIL','[1, 1, 2, 1, 1, 0, 2, 1]',8,1,8,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:22.081167','2026-11-24 08:09:22.085463',1);
INSERT INTO "trials" VALUES(1,12,'COMPLETE','[1, 0, 2, 0, 0, 1, 1, 0]',9,1,9,'{"weight_bytes": 4.0, "quality": 0.3448766942414868, "loss": 0.6416365258340901, "size": 5.0, "loss_drop": 0.5416365258340902}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 2, 0, 0, 1, 1, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.585474','2026-11-24 08:09:22.085474',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[0, 0, 0, 1, 1, 0, 1, 1]',10,1,10,'{"weight_bytes": 4.0, "quality": 0.3293712216647536, "loss": 0.7110302994165081, "size": 4.0, "loss_drop": 0.6110302994165081}','{"loss": 0.01}','{}','{"log": "memory:(0, 0, 0, 1, 1, 0, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.682012','2026-11-24 08:09:22.182012',1);
INSERT INTO "trials" VALUES(1,14,'COMPLETE','[2, 1, 1, 1, 1, 1, 0, 0]',11,1,11,'{"weight_bytes": 4.0, "quality": 0.3940121541215937, "loss": 0.4304781727154313, "size": 7.0, "loss_drop": 0.33047817271543134}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 1, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.682218','2026-11-24 08:09:22.182218',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[2, 1, 1, 1, 1, 0, 0, 1]',12,1,12,'{"weight_bytes": 4.0, "quality": 0.38783121696503603, "loss": 0.4564377966044216, "size": 7.0, "loss_drop": 0.35643779660442154}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 1, 1, 1, 0, 0, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.682297','2026-11-24 08:09:22.182297',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[2, 1, 2, 1, 1, 1, 1, 1]',13,1,13,'{"weight_bytes": 4.0, "quality": 0.4295944643675221, "loss": 0.283505916317342, "size": 10.0, "loss_drop": 0.183505916317342}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline single change 7',NULL,'2026-11-24 08:09:22.177647','2026-11-24 08:09:22.177704',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[2, 1, 2, 1, 1, 1, 2, 1]',14,1,14,'{"weight_bytes": 4.0, "quality": 0.40613590624610596, "loss": 0.37996264675433494, "size": 11.0, "loss_drop": 0.2799626467543349}','{"loss": 0.01}','{}','{}','{}','{}',NULL,NULL,'baseline W8A8',NULL,'2026-11-24 08:09:22.199062','2026-11-24 08:09:22.199102',1);
INSERT INTO "trials" VALUES(1,18,'COMPLETE','[2, 0, 0, 0, 0, 1, 2, 1]',15,1,15,'{"weight_bytes": 4.0, "quality": 0.3713042108385799, "loss": 0.5266257957577022, "size": 6.0, "loss_drop": 0.4266257957577022}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 0, 0, 1, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.793414','2026-11-24 08:09:22.293414',1);
INSERT INTO "trials" VALUES(1,19,'COMPLETE','[1, 1, 1, 1, 1, 1, 0, 0]',16,1,16,'{"weight_bytes": 4.0, "quality": 0.3494296527519549, "loss": 0.6215471737190321, "size": 6.0, "loss_drop": 0.5215471737190321}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 1, 1, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:21.793600','2026-11-24 08:09:22.293600',1);
INSERT INTO "trials" VALUES(1,20,'FAIL','[2, 1, 2, 1, 1, 1, 1, 0]',17,1,17,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:22.262759','2026-11-24 08:09:22.293653',1);
INSERT INTO "trials" VALUES(1,21,'FAIL','[1, 1, 2, 1, 1, 1, 1, 1]',18,1,18,'{"weight_bytes": 4.0}','{}','{}','{}','{}','{}',NULL,'inline',NULL,'Traceback (most recent call last):
  File "autoquant/interfaces.py", line 290, in evaluate_many
    outcomes.append(self.evaluate(space, candidate, split))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "tests/helpers/toy.py", line 93, in evaluate
    raise ValueError(f"a sum of {total} is more than I can take")
ValueError: a sum of 9 is more than I can take
','2026-11-24 08:09:22.286120','2026-11-24 08:09:22.293664',1);
INSERT INTO "trials" VALUES(1,22,'COMPLETE','[2, 1, 0, 0, 0, 0, 2, 1]',19,1,19,'{"weight_bytes": 4.0, "quality": 0.33605011999286155, "loss": 0.6809463492261828, "size": 6.0, "loss_drop": 0.5809463492261828}','{"loss": 0.01}','{}','{"log": "memory:(2, 1, 0, 0, 0, 0, 2, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:22.038704','2026-11-24 08:09:22.538704',1);
INSERT INTO "trials" VALUES(1,23,'COMPLETE','[2, 0, 0, 1, 1, 1, 2, 0]',20,1,20,'{"weight_bytes": 4.0, "quality": 0.3597555072516752, "loss": 0.5764254691193826, "size": 7.0, "loss_drop": 0.47642546911938266}','{"loss": 0.01}','{}','{"log": "memory:(2, 0, 0, 1, 1, 1, 2, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:22.038943','2026-11-24 08:09:22.538943',1);
INSERT INTO "trials" VALUES(1,24,'COMPLETE','[1, 0, 0, 1, 1, 0, 0, 0]',21,1,21,'{"weight_bytes": 4.0, "quality": 0.3089630736955696, "loss": 0.8049714941219549, "size": 3.0, "loss_drop": 0.7049714941219549}','{"loss": 0.01}','{}','{"log": "memory:(1, 0, 0, 1, 1, 0, 0, 0)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:22.039005','2026-11-24 08:09:22.539005',1);
INSERT INTO "trials" VALUES(1,25,'COMPLETE','[1, 1, 1, 1, 1, 0, 1, 1]',22,1,22,'{"weight_bytes": 4.0, "quality": 0.4055142581225827, "loss": 0.3825406976893121, "size": 7.0, "loss_drop": 0.2825406976893121}','{"loss": 0.01}','{}','{"log": "memory:(1, 1, 1, 1, 1, 0, 1, 1)"}','{}','{}',0.5,'inline',NULL,NULL,'2026-11-24 08:09:22.039088','2026-11-24 08:09:22.539088',1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
