"""MLflow's own tracking server on a free port, with SQLite: `python mlflow_server.py FOLDER` prints the port.

`mlflow-skinny` has all of it but the pages; the whole of `mlflow` asks for an older Arrow.
"""

import os
import sys

FOLDER = sys.argv[1]
os.environ |= {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{FOLDER}/mlflow.db",
    "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION": f"{FOLDER}/artifacts",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
}

if __name__ == "__main__":
    from mlflow.server import app
    from mlflow.server.handlers import _get_tracking_store
    from werkzeug.serving import make_server

    _get_tracking_store()  # creates the tables
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.port, flush=True)
    server.serve_forever()
