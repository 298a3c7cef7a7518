"""llama.cpp's HTTP server, as the wheel xllamacpp brings it, behind some of the options of the program of that name."""
import argparse
import os
import signal
import threading

import xllamacpp

options = argparse.ArgumentParser()
options.add_argument("--model", required=True)
options.add_argument("--port", type=int, required=True)
options.add_argument("--ctx-size", "-c", type=int, default=2048)
options.add_argument("--parallel", "-np", type=int, default=2)
options.add_argument("--alias")
options.add_argument("--embedding", action="store_true")
given = options.parse_args()

params = xllamacpp.CommonParams()
params.model.path = given.model
params.hostnames = ["127.0.0.1"]
params.port = given.port
params.n_ctx = given.ctx_size
params.n_parallel = given.parallel
params.model_alias = {given.alias or os.path.basename(given.model)}
params.embedding = given.embedding
if given.embedding:
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = xllamacpp.Server(params)

ended = threading.Event()
for each in (signal.SIGTERM, signal.SIGINT):
    signal.signal(each, lambda *_: ended.set())
ended.wait()
os._exit(0)
