"""A server over stdio, in the standard library of Python 3, that says which call each of its messages belongs to.

    mcp-backchannel --port 3000 -- python3 examples/stamping_server.py

The one thing that matters is STAMP: a server request or a notification carries, in `params._meta`, the id of the call on
whose behalf it is sent. The proxy takes the stamp off, and the client never sees it.
"""

import itertools
import json
import queue
import random
import sys
import threading
import time

STAMP = "mcp-backchannel/originating-request"

writing = threading.Lock()
ids = itertools.count(1)
answers = {}  # the server requests that are open: each id, and where its answer goes


def send(message):
    with writing:
        print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def stamped(params, call):
    return {**params, "_meta": {**params.get("_meta", {}), STAMP: call}}


def ask(call):
    request_id = f"server-{next(ids)}"
    answer = answers[request_id] = queue.Queue()
    time.sleep(random.random() / 50)
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    params = {"message": "who?", "requestedSchema": schema}
    send({"id": request_id, "method": "elicitation/create", "params": stamped(params, call)})
    text = (answer.get() or {}).get("content", {}).get("answer", "no answer")
    send({"method": "notifications/message", "params": stamped({"level": "info", "data": text}, call)})
    send({"id": call, "result": {"content": [{"type": "text", "text": text}]}})


def handle(message):
    method, message_id = message.get("method"), message.get("id")
    if method is None:
        answers.pop(message_id).put(message.get("result"))
    elif method == "initialize":
        version = message["params"]["protocolVersion"]
        info = {"name": "stamping-server", "version": "1.0.0"}
        capabilities = {"tools": {}, "logging": {}}
        send({"id": message_id, "result": {"protocolVersion": version, "capabilities": capabilities, "serverInfo": info}})
    elif method == "tools/list":
        tool = {"name": "ask", "description": "asks the user", "inputSchema": {"type": "object"}}
        send({"id": message_id, "result": {"tools": [tool]}})
    elif method == "tools/call":
        threading.Thread(target=ask, args=(message_id,), daemon=True).start()
    elif message_id is not None:
        send({"id": message_id, "result": {}})


for line in sys.stdin:
    handle(json.loads(line))
