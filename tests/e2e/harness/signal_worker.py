"""signal_worker.py ADDRESS QUEUE: runs `Entity`, which gathers signals until it is told to stop.

It gives back what its handler and an interceptor saw. Not imported by the tests: it needs temporalio.
"""

import asyncio
import json
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker, WorkflowInboundInterceptor


@workflow.defn
class Entity:
    def __init__(self):
        self.handled, self.headers, self.stopped = [], [], False

    @workflow.run
    async def run(self, _) -> dict:
        await workflow.wait_condition(lambda: self.stopped)
        return {"handled": self.handled, "headers": self.headers}

    @workflow.signal
    def more(self, what: dict) -> None:
        self.handled.append(what)

    @workflow.signal
    def stop(self) -> None:
        self.stopped = True


class NotingHeaders(WorkflowInboundInterceptor):
    async def handle_signal(self, input):
        told = {name: json.loads(payload.data) for name, payload in input.headers.items()}
        workflow.instance().headers.append(told)
        await super().handle_signal(input)


class Noting(Interceptor):
    def workflow_interceptor_class(self, _):
        return NotingHeaders


async def main(address, queue):
    client = await Client.connect(address)
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[Entity],
        interceptors=[Noting()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        print("polling", flush=True)
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
