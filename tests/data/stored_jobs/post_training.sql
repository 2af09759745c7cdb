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
INSERT INTO "baselines" VALUES(1,'float32',0,NULL,'{"weight_bytes": 812.0, "accuracy": 0.3333333333333333, "loss": 1.1400210434153881}','{"accuracy": 0.08606629658238704, "loss": 0.05138832796201799}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W2A4',1,'[0, 0, 0, 0]','{"weight_bytes": 179.0, "accuracy": 0.3333333333333333, "loss": 1.1536931677455577}','{"accuracy": 0.08606629658238704, "loss": 0.062130502972959634}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W2A8',2,'[0, 1, 0, 1]','{"weight_bytes": 179.0, "accuracy": 0.3333333333333333, "loss": 1.1550993402489094}','{"accuracy": 0.08606629658238704, "loss": 0.06273219324015968}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W3A4',3,'[1, 0, 1, 0]','{"weight_bytes": 202.0, "accuracy": 0.3333333333333333, "loss": 1.1374127575603736}','{"accuracy": 0.08606629658238704, "loss": 0.05048607595264729}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W3A8',4,'[1, 1, 1, 1]','{"weight_bytes": 202.0, "accuracy": 0.3333333333333333, "loss": 1.138644190537018}','{"accuracy": 0.08606629658238704, "loss": 0.05105912093340734}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W4A4',5,'[2, 0, 2, 0]','{"weight_bytes": 224.0, "accuracy": 0.3333333333333333, "loss": 1.141952437409856}','{"accuracy": 0.08606629658238704, "loss": 0.05342965083632742}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W4A8',6,'[2, 1, 2, 1]','{"weight_bytes": 224.0, "accuracy": 0.3333333333333333, "loss": 1.143210785801395}','{"accuracy": 0.08606629658238704, "loss": 0.05412170939487138}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W8A4',7,'[3, 0, 3, 0]','{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.1421962309654998}','{"accuracy": 0.08606629658238704, "loss": 0.05284167362257877}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'W8A8',8,'[3, 1, 3, 1]','{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.142734076145867}','{"accuracy": 0.08606629658238704, "loss": 0.053321510251731166}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 0',0,'[3, 1, 3, 1]','{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.142734076145867}','{"accuracy": 0.08606629658238704, "loss": 0.053321510251731166}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 1',1,'[3, 1, 2, 1]','{"weight_bytes": 242.0, "accuracy": 0.3333333333333333, "loss": 1.1432258807146276}','{"accuracy": 0.08606629658238704, "loss": 0.05409931695662702}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 2',2,'[3, 1, 3, 0]','{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.1416591453950518}','{"accuracy": 0.08606629658238704, "loss": 0.05274437728921444}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 3',3,'[3, 0, 3, 1]','{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.142480693549711}','{"accuracy": 0.08606629658238704, "loss": 0.053141814918456154}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 4',4,'[2, 1, 3, 1]','{"weight_bytes": 296.0, "accuracy": 0.3333333333333333, "loss": 1.1426415254909486}','{"accuracy": 0.08606629658238704, "loss": 0.05331367098737433}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 5',5,'[3, 1, 1, 1]','{"weight_bytes": 224.0, "accuracy": 0.3333333333333333, "loss": 1.1398130289804067}','{"accuracy": 0.08606629658238704, "loss": 0.051162885098962246}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 6',6,'[1, 1, 3, 1]','{"weight_bytes": 292.0, "accuracy": 0.3333333333333333, "loss": 1.1408853770570573}','{"accuracy": 0.08606629658238704, "loss": 0.05288966870774948}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 7',7,'[0, 1, 3, 1]','{"weight_bytes": 287.0, "accuracy": 0.3333333333333333, "loss": 1.1427362987605203}','{"accuracy": 0.08606629658238704, "loss": 0.05330004102832132}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'single change 8',8,'[3, 1, 0, 1]','{"weight_bytes": 206.0, "accuracy": 0.3333333333333333, "loss": 1.1569708089179263}','{"accuracy": 0.08606629658238704, "loss": 0.06427711301724713}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 1',9,'[0, 0, 0, 0]','{"weight_bytes": 179.0, "accuracy": 0.3333333333333333, "loss": 1.1536931677455577}','{"accuracy": 0.08606629658238704, "loss": 0.062130502972959634}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 4',12,'[1, 0, 1, 0]','{"weight_bytes": 202.0, "accuracy": 0.3333333333333333, "loss": 1.1374127575603736}','{"accuracy": 0.08606629658238704, "loss": 0.05048607595264729}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 2',10,'[1, 0, 0, 0]','{"weight_bytes": 184.0, "accuracy": 0.3333333333333333, "loss": 1.1563504541262977}','{"accuracy": 0.08606629658238704, "loss": 0.06476237744013198}','{}','{}','{}',NULL);
INSERT INTO "baselines" VALUES(1,'sensitivity 3',11,'[0, 0, 1, 0]','{"weight_bytes": 197.0, "accuracy": 0.3333333333333333, "loss": 1.1391928788878256}','{"accuracy": 0.08606629658238704, "loss": 0.050854889685173425}','{}','{}','{}',NULL);
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
INSERT INTO "events" VALUES(1,1,'2026-11-24 08:09:27.438933','info','started, 30 trials in all');
INSERT INTO "events" VALUES(2,1,'2026-11-24 08:09:27.663530','info','PAUSED: interrupted');
CREATE TABLE front (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id, number) REFERENCES trials (job_id, number) ON DELETE CASCADE
);
INSERT INTO "front" VALUES(1,0);
INSERT INTO "front" VALUES(1,2);
INSERT INTO "front" VALUES(1,16);
CREATE TABLE hypervolume (
	job_id INTEGER NOT NULL, 
	finished INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (job_id, finished), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "hypervolume" VALUES(1,1,0.0);
INSERT INTO "hypervolume" VALUES(1,3,0.0);
INSERT INTO "hypervolume" VALUES(1,17,0.0);
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
INSERT INTO "jobs" VALUES(1,'post_training','PAUSED','{"name": "post_training", "seed": 3, "network": {"factory": "stored_network:network"}, "data": {"factory": "stored_network:data"}, "space": {"name": "bit_widths", "weights": [2, 3, 4, 8], "activations": [4, 8]}, "evaluator": {"name": "post_training", "keep_float": ["6"]}, "objectives": [{"metric": "accuracy"}, {"metric": "loss"}, {"metric": "weight_bytes"}], "pool": {"name": "inline"}, "budget": {"n_trials": 30}, "max_pending": 4}','{"choices": [{"name": "0.weight", "options": [2, 3, 4, 8], "ordered": true}, {"name": "0.activation", "options": [4, 8], "ordered": true}, {"name": "2.weight", "options": [2, 3, 4, 8], "ordered": true}, {"name": "2.activation", "options": [4, 8], "ordered": true}], "objectives": [{"metric": "accuracy", "direction": "maximize"}, {"metric": "loss", "direction": "minimize"}, {"metric": "weight_bytes", "direction": "minimize"}], "constraints": [], "best": [1.0, 0.0, 179.0], "worst": [0.0, 1.0986122886681098, 314.0], "profile": {"layers": [{"name": "0", "kind": "conv", "order": 0, "input_shape": [1, 6, 6], "output_shape": [4, 4, 4], "weight_shape": [4, 1, 3, 3], "macs": 576, "bias": 4, "parameters": 40, "groups": 1, "kept_float": false, "calls": 1}, {"name": "2", "kind": "conv", "order": 1, "input_shape": [4, 4, 4], "output_shape": [4, 2, 2], "weight_shape": [4, 4, 3, 3], "macs": 576, "bias": 4, "parameters": 148, "groups": 1, "kept_float": false, "calls": 1}, {"name": "6", "kind": "linear", "order": 2, "input_shape": [4], "output_shape": [3], "weight_shape": [3, 4], "macs": 12, "bias": 3, "parameters": 15, "groups": 1, "kept_float": true, "calls": 1}], "input_shapes": [[1, 6, 6]], "input_dtypes": ["float32"], "operations": [{"name": "0", "kind": "conv", "inputs": [-1], "output_shape": [4, 4, 4], "dtype": "float32", "layer": "0", "view": false, "in_place": false, "fused_into": null}, {"name": "1.relu", "kind": "relu", "inputs": [0], "output_shape": [4, 4, 4], "dtype": "float32", "layer": null, "view": false, "in_place": false, "fused_into": 0}, {"name": "2", "kind": "conv", "inputs": [1], "output_shape": [4, 2, 2], "dtype": "float32", "layer": "2", "view": false, "in_place": false, "fused_into": null}, {"name": "3.relu", "kind": "relu", "inputs": [2], "output_shape": [4, 2, 2], "dtype": "float32", "layer": null, "view": false, "in_place": false, "fused_into": 2}, {"name": "4.adaptive_avg_pool2d", "kind": "adaptive_avg_pool2d", "inputs": [3], "output_shape": [4, 1, 1], "dtype": "float32", "layer": null, "view": false, "in_place": false, "fused_into": null}, {"name": "5.flatten", "kind": "flatten", "inputs": [4], "output_shape": [4], "dtype": "float32", "layer": null, "view": true, "in_place": false, "fused_into": null}, {"name": "6", "kind": "linear", "inputs": [5], "output_shape": [3], "dtype": "float32", "layer": "6", "view": false, "in_place": false, "fused_into": null}], "outputs": [6], "method": "fx", "notes": [], "ties": [], "joined": [], "shared_input": []}, "costs": [{"metric": "weight_bytes", "unit": "bytes", "model": "weight_bytes", "provenance": {}, "layers": [[46.0, 46.0, 51.0, 51.0, 55.0, 55.0, 73.0, 73.0], [73.0, 73.0, 91.0, 91.0, 109.0, 109.0, 181.0, 181.0], [60.0]]}], "identity": {"evaluator": "post_training {\"keep_float\": [\"6\"]} version 2", "network": "7a11cb1075ce186c", "data": "search=7ea00a39ad1ef6c6 test=26c53d917fbd4789 calibration=1cad2e7c07705581", "code": "5aff386c53973129 torch==2.13.0+cpu"}}',30,18,0,0,3,0.0,'interrupted','2026-11-24 08:09:27.428570','2026-11-24 08:09:27.668596',NULL,NULL,1,'2026-11-24 08:09:57.672461',45,2.34015228000032493582e-01);
CREATE TABLE measurements (
	"key" VARCHAR(64) NOT NULL, 
	metrics JSON NOT NULL, 
	standard_errors JSON NOT NULL, 
	artifacts JSON NOT NULL, 
	seconds FLOAT, 
	source VARCHAR(100) NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "measurements" VALUES('e61d26f3c3070e9ba1d1a025ad39175a79b0f6def05505e12d8203686c6724e0','{"accuracy": 0.3333333333333333, "loss": 1.1400210434153881}','{"accuracy": 0.08606629658238704, "loss": 0.05138832796201799}','{}',1.05157899997720960527e-03,'job 1 float32');
INSERT INTO "measurements" VALUES('d14297fb85cf7cb762f41bf91527f176f22a7fb8f61955697ffe68a085d66c14','{"accuracy": 0.3333333333333333, "loss": 1.1536931677455577}','{"accuracy": 0.08606629658238704, "loss": 0.062130502972959634}','{}',2.25184409999883428099e-02,'job 1 W2A4');
INSERT INTO "measurements" VALUES('42683a509346fc8918c0cc6fb28020c9044d330034333657ea8a6c1c6feddccc','{"accuracy": 0.3333333333333333, "loss": 1.1550993402489094}','{"accuracy": 0.08606629658238704, "loss": 0.06273219324015968}','{}',8.8964180000061787723e-03,'job 1 W2A8');
INSERT INTO "measurements" VALUES('55fa52e99629ff15e16d3a2f69ab133b5f3bacb41fb11d36211f1102e7e2b6d5','{"accuracy": 0.3333333333333333, "loss": 1.1374127575603736}','{"accuracy": 0.08606629658238704, "loss": 0.05048607595264729}','{}',4.42845399999214350827e-03,'job 1 W3A4');
INSERT INTO "measurements" VALUES('65469424e9b17b666ea716ab2e9a984d270f927f8498550ab0d971d98a6c1b10','{"accuracy": 0.3333333333333333, "loss": 1.138644190537018}','{"accuracy": 0.08606629658238704, "loss": 0.05105912093340734}','{}',4.56116999998812389094e-04,'job 1 W3A8');
INSERT INTO "measurements" VALUES('72197144a04ae1b2ce8fa039d9a8050a4ab0476536546e24a169f55994155676','{"accuracy": 0.3333333333333333, "loss": 1.141952437409856}','{"accuracy": 0.08606629658238704, "loss": 0.05342965083632742}','{}',4.36230700000805882154e-03,'job 1 W4A4');
INSERT INTO "measurements" VALUES('12bc05a47b4f6175e86f908d187bdf82ff2ffe979a7005ee4440010aadf11fdd','{"accuracy": 0.3333333333333333, "loss": 1.143210785801395}','{"accuracy": 0.08606629658238704, "loss": 0.05412170939487138}','{}',4.62626000000909698428e-04,'job 1 W4A8');
INSERT INTO "measurements" VALUES('12fcd80c6a16b9add332a95fe0da071ebd39277306b5f5b24d354ed481049fd8','{"accuracy": 0.3333333333333333, "loss": 1.1421962309654998}','{"accuracy": 0.08606629658238704, "loss": 0.05284167362257877}','{}',4.2534250000016982085e-03,'job 1 W8A4');
INSERT INTO "measurements" VALUES('50102efd1247116e0fe496bb3fb7399959775a171ce2f01dbcfdeb63a83f91ab','{"accuracy": 0.3333333333333333, "loss": 1.142734076145867}','{"accuracy": 0.08606629658238704, "loss": 0.053321510251731166}','{}',4.18239999987690680427e-04,'job 1 W8A8');
INSERT INTO "measurements" VALUES('9e33be8e32642a6815fdfdea5cb068e08341dcb1d12e1393bdefb0602ca70626','{"accuracy": 0.3333333333333333, "loss": 1.1432258807146276}','{"accuracy": 0.08606629658238704, "loss": 0.05409931695662702}','{}',2.27717999962351314024e-04,'job 1 single change 1');
INSERT INTO "measurements" VALUES('74aa7a269a10bb5862c9c00b8e917bb5ad6632448cfa69af242a500bef381dd6','{"accuracy": 0.3333333333333333, "loss": 1.1416591453950518}','{"accuracy": 0.08606629658238704, "loss": 0.05274437728921444}','{}',2.19736000019565835827e-04,'job 1 single change 2');
INSERT INTO "measurements" VALUES('15fea2604727af9d9010ff626e798cc7d1b3f146b9c978c13a7592e2a2ee2c74','{"accuracy": 0.3333333333333333, "loss": 1.142480693549711}','{"accuracy": 0.08606629658238704, "loss": 0.053141814918456154}','{}',3.63768999989133590133e-04,'job 1 single change 3');
INSERT INTO "measurements" VALUES('70a1523df74d7aa8c9a9d6ae3b4f9c4fd21ddd29399eab65a38294d61513863b','{"accuracy": 0.3333333333333333, "loss": 1.1426415254909486}','{"accuracy": 0.08606629658238704, "loss": 0.05331367098737433}','{}',4.10418000001300242729e-04,'job 1 single change 4');
INSERT INTO "measurements" VALUES('479b8621b27966ec0effea7578e5cc70bdff898d3a85fa6202fca38e92d6f4ef','{"accuracy": 0.3333333333333333, "loss": 1.1398130289804067}','{"accuracy": 0.08606629658238704, "loss": 0.051162885098962246}','{}',2.48838000004525383701e-04,'job 1 single change 5');
INSERT INTO "measurements" VALUES('fd5ee101b5312349116bd64138e1d93c9345cb0d8444948fa1424ce7cd17d1a5','{"accuracy": 0.3333333333333333, "loss": 1.1408853770570573}','{"accuracy": 0.08606629658238704, "loss": 0.05288966870774948}','{}',5.72197999986201466526e-04,'job 1 single change 6');
INSERT INTO "measurements" VALUES('bb3a83b30b07156bb5e27bb5f5e64886b00302a9dcb688e7c20028a4b5d55493','{"accuracy": 0.3333333333333333, "loss": 1.1427362987605203}','{"accuracy": 0.08606629658238704, "loss": 0.05330004102832132}','{}',9.52271000016935431631e-04,'job 1 single change 7');
INSERT INTO "measurements" VALUES('76305701f1666017ad38520af282f070884d05d0018458d129112ba185c19388','{"accuracy": 0.3333333333333333, "loss": 1.1569708089179263}','{"accuracy": 0.08606629658238704, "loss": 0.06427711301724713}','{}',5.1168800001732961391e-04,'job 1 single change 8');
INSERT INTO "measurements" VALUES('8a62dd4610b17e900a5943db3b2d500d8ce24343edc3153325da06976b58321a','{"accuracy": 0.3333333333333333, "loss": 1.1563504541262977}','{"accuracy": 0.08606629658238704, "loss": 0.06476237744013198}','{}',4.78398999973705940647e-04,'job 1 sensitivity 2');
INSERT INTO "measurements" VALUES('49178fc0c19fa0fa83e8557193d2b6deca945b0a4154db9186eadd3e5327ab16','{"accuracy": 0.3333333333333333, "loss": 1.1391928788878256}','{"accuracy": 0.08606629658238704, "loss": 0.050854889685173425}','{}',9.58129999958146072458e-04,'job 1 sensitivity 3');
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
INSERT INTO "trials" VALUES(1,0,'COMPLETE','[0, 0, 0, 0]',0,4,0,'{"weight_bytes": 179.0, "accuracy": 0.3333333333333333, "loss": 1.1536931677455577}','{"accuracy": 0.08606629658238704, "loss": 0.062130502972959634}','{}','{}','{}','{}',NULL,NULL,'baseline W2A4',NULL,'2026-11-24 08:09:27.571781','2026-11-24 08:09:27.571819',1);
INSERT INTO "trials" VALUES(1,1,'COMPLETE','[0, 1, 0, 1]',0,4,0,'{"weight_bytes": 179.0, "accuracy": 0.3333333333333333, "loss": 1.1550993402489094}','{"accuracy": 0.08606629658238704, "loss": 0.06273219324015968}','{}','{}','{}','{}',NULL,NULL,'baseline W2A8',NULL,'2026-11-24 08:09:27.571840','2026-11-24 08:09:27.571849',1);
INSERT INTO "trials" VALUES(1,2,'COMPLETE','[1, 0, 1, 0]',0,4,0,'{"weight_bytes": 202.0, "accuracy": 0.3333333333333333, "loss": 1.1374127575603736}','{"accuracy": 0.08606629658238704, "loss": 0.05048607595264729}','{}','{}','{}','{}',NULL,NULL,'baseline W3A4',NULL,'2026-11-24 08:09:27.571857','2026-11-24 08:09:27.571865',1);
INSERT INTO "trials" VALUES(1,3,'COMPLETE','[1, 1, 1, 1]',0,4,0,'{"weight_bytes": 202.0, "accuracy": 0.3333333333333333, "loss": 1.138644190537018}','{"accuracy": 0.08606629658238704, "loss": 0.05105912093340734}','{}','{}','{}','{}',NULL,NULL,'baseline W3A8',NULL,'2026-11-24 08:09:27.571873','2026-11-24 08:09:27.571880',1);
INSERT INTO "trials" VALUES(1,4,'COMPLETE','[2, 0, 2, 0]',1,1,1,'{"weight_bytes": 224.0, "accuracy": 0.3333333333333333, "loss": 1.141952437409856}','{"accuracy": 0.08606629658238704, "loss": 0.05342965083632742}','{}','{}','{}','{}',NULL,NULL,'baseline W4A4',NULL,'2026-11-24 08:09:27.572000','2026-11-24 08:09:27.572010',1);
INSERT INTO "trials" VALUES(1,5,'COMPLETE','[2, 1, 2, 1]',2,1,2,'{"weight_bytes": 224.0, "accuracy": 0.3333333333333333, "loss": 1.143210785801395}','{"accuracy": 0.08606629658238704, "loss": 0.05412170939487138}','{}','{}','{}','{}',NULL,NULL,'baseline W4A8',NULL,'2026-11-24 08:09:27.576252','2026-11-24 08:09:27.576316',1);
INSERT INTO "trials" VALUES(1,6,'COMPLETE','[3, 0, 3, 0]',3,1,3,'{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.1421962309654998}','{"accuracy": 0.08606629658238704, "loss": 0.05284167362257877}','{}','{}','{}','{}',NULL,NULL,'baseline W8A4',NULL,'2026-11-24 08:09:27.576503','2026-11-24 08:09:27.576516',1);
INSERT INTO "trials" VALUES(1,7,'COMPLETE','[3, 1, 3, 1]',4,1,4,'{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.142734076145867}','{"accuracy": 0.08606629658238704, "loss": 0.053321510251731166}','{}','{}','{}','{}',NULL,NULL,'baseline W8A8',NULL,'2026-11-24 08:09:27.576855','2026-11-24 08:09:27.576869',1);
INSERT INTO "trials" VALUES(1,8,'COMPLETE','[3, 1, 2, 1]',5,1,5,'{"weight_bytes": 242.0, "accuracy": 0.3333333333333333, "loss": 1.1432258807146276}','{"accuracy": 0.08606629658238704, "loss": 0.05409931695662702}','{}','{}','{}','{}',NULL,NULL,'baseline single change 1',NULL,'2026-11-24 08:09:27.576936','2026-11-24 08:09:27.576946',1);
INSERT INTO "trials" VALUES(1,9,'COMPLETE','[3, 1, 3, 0]',6,1,6,'{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.1416591453950518}','{"accuracy": 0.08606629658238704, "loss": 0.05274437728921444}','{}','{}','{}','{}',NULL,NULL,'baseline single change 2',NULL,'2026-11-24 08:09:27.576996','2026-11-24 08:09:27.577005',1);
INSERT INTO "trials" VALUES(1,10,'COMPLETE','[3, 0, 3, 1]',7,1,7,'{"weight_bytes": 314.0, "accuracy": 0.3333333333333333, "loss": 1.142480693549711}','{"accuracy": 0.08606629658238704, "loss": 0.053141814918456154}','{}','{}','{}','{}',NULL,NULL,'baseline single change 3',NULL,'2026-11-24 08:09:27.577053','2026-11-24 08:09:27.577061',1);
INSERT INTO "trials" VALUES(1,11,'COMPLETE','[2, 1, 3, 1]',8,1,8,'{"weight_bytes": 296.0, "accuracy": 0.3333333333333333, "loss": 1.1426415254909486}','{"accuracy": 0.08606629658238704, "loss": 0.05331367098737433}','{}','{}','{}','{}',NULL,NULL,'baseline single change 4',NULL,'2026-11-24 08:09:27.577109','2026-11-24 08:09:27.577118',1);
INSERT INTO "trials" VALUES(1,12,'COMPLETE','[3, 1, 1, 1]',9,1,9,'{"weight_bytes": 224.0, "accuracy": 0.3333333333333333, "loss": 1.1398130289804067}','{"accuracy": 0.08606629658238704, "loss": 0.051162885098962246}','{}','{}','{}','{}',NULL,NULL,'baseline single change 5',NULL,'2026-11-24 08:09:27.577162','2026-11-24 08:09:27.577171',1);
INSERT INTO "trials" VALUES(1,13,'COMPLETE','[1, 1, 3, 1]',10,1,10,'{"weight_bytes": 292.0, "accuracy": 0.3333333333333333, "loss": 1.1408853770570573}','{"accuracy": 0.08606629658238704, "loss": 0.05288966870774948}','{}','{}','{}','{}',NULL,NULL,'baseline single change 6',NULL,'2026-11-24 08:09:27.577213','2026-11-24 08:09:27.577221',1);
INSERT INTO "trials" VALUES(1,14,'COMPLETE','[0, 1, 3, 1]',11,1,11,'{"weight_bytes": 287.0, "accuracy": 0.3333333333333333, "loss": 1.1427362987605203}','{"accuracy": 0.08606629658238704, "loss": 0.05330004102832132}','{}','{}','{}','{}',NULL,NULL,'baseline single change 7',NULL,'2026-11-24 08:09:27.577263','2026-11-24 08:09:27.577271',1);
INSERT INTO "trials" VALUES(1,15,'COMPLETE','[3, 1, 0, 1]',12,1,12,'{"weight_bytes": 206.0, "accuracy": 0.3333333333333333, "loss": 1.1569708089179263}','{"accuracy": 0.08606629658238704, "loss": 0.06427711301724713}','{}','{}','{}','{}',NULL,NULL,'baseline single change 8',NULL,'2026-11-24 08:09:27.577316','2026-11-24 08:09:27.577324',1);
INSERT INTO "trials" VALUES(1,16,'COMPLETE','[0, 0, 1, 0]',13,4,16,'{"weight_bytes": 197.0, "accuracy": 0.3333333333333333, "loss": 1.1391928788878256}','{"accuracy": 0.08606629658238704, "loss": 0.050854889685173425}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 3',NULL,'2026-11-24 08:09:27.588455','2026-11-24 08:09:27.588503',1);
INSERT INTO "trials" VALUES(1,17,'COMPLETE','[1, 0, 0, 0]',13,4,16,'{"weight_bytes": 184.0, "accuracy": 0.3333333333333333, "loss": 1.1563504541262977}','{"accuracy": 0.08606629658238704, "loss": 0.06476237744013198}','{}','{}','{}','{}',NULL,NULL,'baseline sensitivity 2',NULL,'2026-11-24 08:09:27.588529','2026-11-24 08:09:27.588539',1);
INSERT INTO "trials" VALUES(1,18,'RUNNING','[0, 1, 0, 0]',14,4,18,'{"weight_bytes": 179.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:27.653282',NULL,1);
INSERT INTO "trials" VALUES(1,19,'RUNNING','[0, 1, 1, 0]',14,4,18,'{"weight_bytes": 197.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:27.653330',NULL,1);
INSERT INTO "trials" VALUES(1,20,'RUNNING','[0, 0, 2, 0]',14,4,18,'{"weight_bytes": 215.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:27.653341',NULL,1);
INSERT INTO "trials" VALUES(1,21,'RUNNING','[1, 0, 1, 1]',14,4,18,'{"weight_bytes": 202.0}','{}','{}','{}','{}','{}',NULL,NULL,NULL,NULL,'2026-11-24 08:09:27.653350',NULL,1);
CREATE INDEX ix_trials_state ON trials (job_id, state, number);
CREATE INDEX ix_events_job ON events (job_id, id);
COMMIT;
