"""A server of this machine that answers as OpenML does where scikit-learn asks it, or fails to.

    with openml_server({7: ("toy", frame, "label")}, {8: "down"}) as url:
        monkeypatch.setenv("IMBALANCE_KIT_OPENML", url)

Addresses inside its answers are OpenML's own, as those of a mirror would be.
"""

import gzip
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd

FAULTS = {
    "down": "every request ends in code 500",
    "flaky": "the first request of each address ends in code 500",
    "no such address": "every request ends in code 404",
    "unknown": "OpenML's code 412: it has no such data set",
    "withdrawn": "the data set is marked as deactivated, and served",
    "page": "a page of HTML in place of every answer",
    "broken json": "descriptions end in the middle",
    "truncated": "the data file ends in the middle",
    "truncated gzip": "the data file is compressed, and ends in the middle",
    "hung up": "the connection is closed without an answer",
    "wrong md5": "the data file is not the one that the description has the hash of",
    "wrong size": "the table lacks its last row, and its hash is right",
    "other columns": "the table lacks its first column, and its hash is right",
    "no target": "no column is marked as the target",
    "garbled": "the data file has a row that is too long, and its hash is right",
    "stalled": "half of the data file, then nothing for a long time",
    "silent": "no answer for a long time",
    "slow": "the data file takes half a second",
}
LONG = 60.0  # seconds; ends at once when the server does


@contextmanager
def openml_server(tables, faults=None, requests=None):
    """Serve tables until the block ends; yields the base URL.

    Parameters
    ----------
    tables : dict
        ``{number: (name, DataFrame, target)}``. Category columns are nominal.
    faults : dict, default=None
        ``{number: one of FAULTS}``; may be changed while the server runs.
    requests : list, default=None
        Is given the path of every request.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.tables = tables
    server.faults = {} if faults is None else faults
    server.requests = [] if requests is None else requests
    server.written = {}  # numbers -> (table, its file): large ones take a while
    server.ending = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def arff_of(name, frame):
    """The text of an ARFF file; levels with spaces are in single quotes, as often on OpenML."""
    head = [f"@RELATION {name}"]
    cells = frame.copy()
    for column in frame:
        kind = "REAL"
        if isinstance(frame[column].dtype, pd.CategoricalDtype):
            cells[column] = frame[column].astype(object).map(_quoted, na_action="ignore")
            kind = "{" + ",".join(map(_quoted, frame[column].cat.categories)) + "}"
        head.append(f"@ATTRIBUTE {_quoted(column)} {kind}")
    body = cells.to_csv(index=False, header=False, na_rep="?", lineterminator="\n")
    return "\n".join([*head, "@DATA", body])


def _quoted(level):
    return f"'{level}'" if " " in str(level) else str(level)


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Keep quiet."""

    def do_GET(self):
        self.server.requests.append(self.path)
        try:
            self._answer()
        except (BrokenPipeError, ConnectionResetError):
            return  # whoever asked has given up

    def _answer(self):
        parts = self.path.strip("/").split("/")
        is_file = parts[0] == "data"
        number = int(parts[3]) if is_file else int(parts[-1])
        fault = self.server.faults.get(number, "")
        assert fault in ("", *FAULTS), fault
        first = self.server.requests.count(self.path) == 1
        if fault == "hung up":
            return
        if fault == "silent":
            self.server.ending.wait(LONG)
        elif fault == "down" or (fault == "flaky" and first):
            self._send(500, b"not now")
        elif fault == "unknown":
            self._send(412, b'{"error": {"code": "111", "message": "Unknown dataset"}}')
        elif fault == "page":
            self._send(200, b"<html><body>Please log in.</body></html>")
        elif number not in self.server.tables or fault == "no such address":
            self._send(404, b"nothing here")
        elif is_file:
            self._send_file(number, fault)
        else:
            content = json.dumps(self._describe(parts, number, fault)).encode()
            self._send(200, content[: len(content) // 2] if fault == "broken json" else content)

    def _table(self, number, fault):
        name, frame, target = self.server.tables[number]
        if fault == "wrong size":
            frame = frame.iloc[:-1]
        if fault == "other columns":
            frame = frame.iloc[:, 1:]
        if frame is self.server.tables[number][1]:
            written = self.server.written
            if written.get(number, (None,))[0] is not frame:
                written[number] = frame, arff_of(name, frame).encode()
            content = written[number][1]
        else:
            content = arff_of(name, frame).encode()
        if fault == "garbled":
            content += b"1,2,3,4,5,6,7,8,9,10,11,12\n"
        return name, frame, target, content

    def _describe(self, parts, number, fault):
        name, frame, target, content = self._table(number, fault)
        if parts[-2] == "qualities":
            quality = [{"name": "NumberOfInstances", "value": str(float(len(frame)))}]
            return {"data_qualities": {"quality": quality}}
        if parts[-2] == "features":
            columns = enumerate(frame.items())
            features = [self._feature(at, column, target, fault) for at, (_, column) in columns]
            return {"data_features": {"feature": features}}
        return {
            "data_set_description": {
                "id": str(number),
                "name": name,
                "version": "1",
                "description": "made for a test",
                "format": "ARFF",
                "status": "deactivated" if fault == "withdrawn" else "active",
                "url": f"https://www.openml.org/data/v1/download/{number}/{name}.arff",
                "file_id": str(number),
                "default_target_attribute": target,
                "md5_checksum": hashlib.md5(content).hexdigest(),
            }
        }

    def _feature(self, at, column, target, fault):
        is_nominal = isinstance(column.dtype, pd.CategoricalDtype)
        feature = {
            "index": str(at),
            "name": column.name,
            "data_type": "nominal" if is_nominal else "numeric",
            "is_target": str(column.name == target and fault != "no target").lower(),
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": str(int(column.isna().sum())),
        }
        if is_nominal:
            feature["nominal_value"] = [str(level) for level in column.cat.categories]
        return feature

    def _send_file(self, number, fault):
        content = self._table(number, fault)[-1]
        if fault == "truncated":
            self._send(200, content[: len(content) // 2], length=len(content))
        elif fault == "truncated gzip":
            packed = gzip.compress(content)
            self._send(200, packed[: len(packed) // 2], length=len(packed), encoding="gzip")
        elif fault == "stalled":
            self._send(200, content[: len(content) // 2], length=len(content), end=False)
            self.server.ending.wait(LONG)
        elif fault == "wrong md5":
            self._send(200, content.replace(b"1", b"2"))
        else:
            if fault == "slow":
                time.sleep(0.5)
            packed = gzip.compress(content)
            self._send(200, packed, encoding="gzip")

    def _send(self, code, content, length=None, encoding="", end=True):
        self.send_response(code)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        self.close_connection = end
