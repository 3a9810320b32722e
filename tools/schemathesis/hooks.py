"""What made-up requests must not do: lock themselves out.

Everything else may happen, for the instance is thrown away. The key and its owner are given by run.sh.
"""

import os

import schemathesis

# Parameters of a path, and the values of ours that no request with this method may carry.
OURS = {
    ("DELETE", "key"): os.environ["SCHEMATHESIS_KEY_ID"],
    ("DELETE", "user"): os.environ["SCHEMATHESIS_USER_ID"],
    ("PATCH", "user"): os.environ["SCHEMATHESIS_USER_ID"],
    ("DELETE", "session"): os.environ.get("SCHEMATHESIS_SESSION_ID", ""),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Aims at nobody instead: the last character of an id is another one."""
    for (method, name), ours in OURS.items():
        given = (case.path_parameters or {}).get(name)
        if case.method.upper() == method and ours and given == ours:
            case.path_parameters[name] = ours[:-1] + ("0" if ours[-1] != "0" else "1")


@schemathesis.serializer("application/offset+octet-stream")
def piece(context, value):
    """A piece of an upload: its bytes."""
    return value if isinstance(value, bytes) else str(value).encode()
