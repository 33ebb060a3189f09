"""Waits until a running gateway has read its configuration again."""

from harness.processes import wait_until


def reloads(gateway, result):
    """How often a configuration was read again with this result."""
    wanted = f'headgate_config_reloads_total{{result="{result}"}} '
    for line in gateway.get("/metrics").body.decode().splitlines():
        if line.startswith(wanted):
            return float(line.removeprefix(wanted))
    raise AssertionError(f"no metric {wanted}")


def until_reloaded(gateway, result, change):
    """Makes the change, and waits until the gateway has read its configuration again with this result."""
    before = reloads(gateway, result)
    change()
    wait_until(lambda: reloads(gateway, result) > before, within=20, saying=f"never {result}")
