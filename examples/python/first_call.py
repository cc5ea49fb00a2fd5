"""Calls the component calc on a davitd: first_call.py [HOST:PORT]"""

import sys

import grpc
from davit.v1.call_service_pb2 import CallRequest
from davit.v1.call_service_pb2_grpc import CallServiceStub
from davit.v1.val_pb2 import Val

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7447"
calls = CallServiceStub(grpc.insecure_channel(address))


def call(function, *args):
    """Calls on a fresh instance, which is dropped afterwards."""
    component = "tenants/default/components/calc"
    request = CallRequest(component=component, function=f"bench:calc/api#{function}", args=args)
    return calls.Call(request, timeout=5).results[0]


print("3 + 4 =", call("add", Val(u32=3), Val(u32=4)).u32)
print(call("echo-string", Val(string="a boat")).string, "lowered and lifted", sep=", ")

try:  # What does not fit is refused before the guest runs.
    call("add", Val(u32=3), Val(string="four"))
except grpc.RpcError as error:
    print("refused:", error.details())
