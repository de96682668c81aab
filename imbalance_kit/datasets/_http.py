"""HTTP access to OpenML: another address in its place, a time limit, a few new attempts.

scikit-learn's ``fetch_openml`` takes no address, sets no time limit, and tries some of its
requests again as often as it likes. It opens all of them through urllib's installed opener,
which this module replaces during a fetch.
"""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

HOME = "https://www.openml.org"

NO_SUCH_THING = 412  # OpenML's code for it, the one error that scikit-learn never tries again
_ONE_AT_A_TIME = threading.Lock()  # the installed opener is one for the whole process


class OpenMLAccess(urllib.request.OpenerDirector):
    """An opener that handles requests to OpenML and passes all others on.

    Attributes
    ----------
    failure : Exception or None
        What ended the last request to OpenML, where it failed.
    """

    def __init__(
        self,
        opener: urllib.request.OpenerDirector,
        *,
        server: str,
        timeout: float,
        n_retries: int,
        delay: float,
    ):
        super().__init__()
        self._opener = opener
        self._server = server
        self._timeout = timeout
        self._n_retries = n_retries
        self._delay = delay
        self.failure: Exception | None = None

    def open(self, fullurl: Any, data: Any = None, timeout: Any = None) -> Any:
        """Open a URL; of OpenML's, on the chosen server."""
        is_request = isinstance(fullurl, urllib.request.Request)
        request = fullurl if is_request else urllib.request.Request(fullurl, data)
        if not f".{request.host}".endswith((".openml.org", f".{_host_of(self._server)}")):
            return self._opener.open(request, data, timeout)
        if self._server != HOME and _host_of(self._server) != request.host:
            request.full_url = self._server + request.selector
        self.failure = None
        for attempt in range(self._n_retries + 1):
            try:
                answer = self._opener.open(request, data, self._timeout)
            except (OSError, HTTPException) as error:
                if isinstance(error, HTTPError):
                    error.close()
                    if error.code == NO_SUCH_THING:
                        raise
                self.failure = error
                if attempt == self._n_retries or not _may_pass(error):
                    break
            else:
                self.failure = None
                return answer
            time.sleep(self._delay)
        raise HTTPError(request.full_url, NO_SUCH_THING, str(self.failure), {}, None)  # type: ignore[arg-type]  # no headers came


def _host_of(url: str) -> str:
    return urllib.request.Request(url).host


def _may_pass(error: Exception) -> bool:
    """Whether another attempt may help: not where the server understood and refuses."""
    return not isinstance(error, HTTPError) or error.code >= 500 or error.code == 429


@contextmanager
def openml_access(
    server: str, *, timeout: float, n_retries: int, delay: float
) -> Iterator[OpenMLAccess]:
    """Handle requests to OpenML within the block.

    Parameters
    ----------
    server : str
        Address that stands in for OpenML's.
    timeout : float
        Seconds to wait for a connection, and for each part of an answer.
    n_retries : int
        New attempts after a failure that may pass.
    delay : float
        Seconds between attempts.
    """
    with _ONE_AT_A_TIME:
        before = getattr(urllib.request, "_opener", None)  # urllib has no public function for it
        access = OpenMLAccess(
            before or urllib.request.build_opener(),
            server=server,
            timeout=timeout,
            n_retries=n_retries,
            delay=delay,
        )
        urllib.request.install_opener(access)
        try:
            yield access
        finally:
            urllib.request.install_opener(before)  # None: the default one
