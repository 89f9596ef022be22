# tests/rig/echo.py: an nginx that repeats the credential it was sent in header and body, for tests written in C.
"""Usage: echo.py FOLDER. Prints its port of http, its port of https and the certificate of its authority, and serves
until standard input ends. Exit status 77: nginx is not installed."""
import sys
import unittest

from rig.servers import Nginx

ECHO = """
    location = /echo {
      add_header X-Echo $http_authorization always; add_header X-Echo-Key $http_x_api_key always;
      return 200 '{"authorization":"$http_authorization","key":"$http_x_api_key","cookie":"$http_cookie",
        "args":"$args"}';
    }
    location = /echo-body {
      proxy_pass http://127.0.0.1:%d/echo; proxy_method GET; proxy_pass_request_body off;
      proxy_set_header Content-Length ""; proxy_set_header X-API-Key $request_body;
    }
"""


class Echo(Nginx):
    KINDS = ("good",)

    def configure(self):
        self.plain = None
        return super().configure()

    def server(self, port, leaf=None):
        self.plain = self.plain or port
        return super().server(port, leaf).replace("location / {", ECHO % self.plain + "    location / {", 1)


def main():
    try:
        with Echo(sys.argv[1]) as nginx:
            print(nginx.http.rsplit(":", 1)[1], nginx.https.rsplit(":", 1)[1], nginx.authority.certificate, flush=True)
            sys.stdin.read()
    except unittest.SkipTest:
        sys.exit(77)


if __name__ == "__main__":
    main()
