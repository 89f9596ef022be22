# tests/rig/raw.py: a server that answers with exactly the bytes a test gives it, or misbehaves in any other way.
import contextlib
import socket
import ssl
import struct
import threading


def answer(status=200, body=b"", headers=()):
    """The bytes of a well-formed answer with content-length; `headers` are (name, value) pairs."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers), f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class Connection:
    """One accepted connection. `received` has every byte the peer sent so far."""

    def __init__(self, server, stream):
        self.server = server
        self.stream = stream
        self.received = b""
        self.taken = 0

    def more(self):
        """Reads what comes next; False at the end."""
        try:
            data = self.stream.recv(65536)
        except OSError:
            return False
        self.received += data
        return bool(data)

    def read_request(self):
        """The bytes of the next request with its body (content-length or chunked); b"" when the peer is gone."""
        while b"\r\n\r\n" not in self.received[self.taken:]:
            if not self.more():
                return b""
        head_end = self.received.index(b"\r\n\r\n", self.taken) + 4
        head = self.received[self.taken:head_end].lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            while b"\r\n0\r\n\r\n" not in self.received[head_end - 2:] and self.more():
                pass
            end = self.received.find(b"\r\n0\r\n\r\n", head_end - 2) + 7
        else:
            size = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0]) if b"\r\ncontent-length:" in head else 0
            end = head_end + size
            while len(self.received) < end and self.more():
                pass
        request = self.received[self.taken:end]
        self.taken = end
        return request

    def send(self, data):
        with contextlib.suppress(OSError):
            self.stream.sendall(data)

    def drip(self, data, seconds):
        """Sends byte by byte with a pause after each, until done or the server stops."""
        for byte in data:
            self.send(bytes([byte]))
            if self.server.stopped.wait(seconds):
                return

    def hang(self):
        """Answers nothing until the server stops."""
        self.server.stopped.wait()

    def reset(self):
        """Ends with RST instead of FIN."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.stream.shutdown(socket.SHUT_RDWR)
        self.stream.close()


class RawServer:
    """Listens on loopback. `behaviour` is a function of a Connection that runs in a thread for each connection; or a
    list of answers, given one for each request over all connections, the last one again and again.

    `origin` is its URL, `connections` all that were accepted, `requests` every whole request of a list of answers."""

    def __init__(self, behaviour, leaf=None):
        self.behaviour = behaviour if callable(behaviour) else self.give_answers
        self.answers = None if callable(behaviour) else list(behaviour)
        self.connections = []
        self.requests = []
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.tls = None
        if leaf:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*map(str, leaf))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.origin = f"https://localhost:{self.port}" if leaf else f"http://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while not self.stopped.is_set():
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.serve, args=(stream,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, stream):
        if self.tls:
            try:
                stream = self.tls.wrap_socket(stream, server_side=True)
            except (ssl.SSLError, OSError):
                stream.close()
                return
        connection = Connection(self, stream)
        with self.lock:
            self.connections.append(connection)
        self.behaviour(connection)
        connection.close()

    def give_answers(self, connection):
        while request := connection.read_request():
            with self.lock:
                self.requests.append(request)
                data = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            connection.send(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopped.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for connection in self.connections:
                connection.close()
        for thread in self.threads:
            thread.join(5)
