# tests/rig/live.py: the backend for tests with its OAuth side: real providers, the connect page, an API.
import time

from rig import alter, browser


class Live(alter.Backend):
    """What a call of the service gives, the methods here give in the names of alter-1, whatever the profile."""

    def __init__(self, folder, profile="alter-1"):
        browser.need()
        super().__init__(folder, profile, parts=["./live.mjs"])
        self.caller = alter.Caller(self)

    def live(self, **settings):
        return self.control("live", settings)

    @property
    def upstream(self):
        return self.live()["upstream"]

    def ask(self, route, fields=None, **options):
        """The answer of a call, by the keys of the profile; {"code"} where it is an error."""
        status, answer = self.caller.call(route, fields, **options)
        if status != 200:
            return {"status": status, "code": answer[self.names["error"]["code"]]}
        return {key: answer[name] for key, name in self.names[route]["answer"].items() if name in answer}

    def configure(self, here):
        """Makes a site of attache whose grants are those of this backend, good for the upstream."""
        options = {"api_key": {"file": str(here.write("alter.key", self.key))}, "base_url": self.base}
        if self.file:
            options["profile"] = str(here.write("profile.conf", self.file.read_text("utf-8")))
        return here.configure(
            providers=({"name": "alter", "module": "alter_connect.so", "options": options},),
            stacks=({"name": "all", "match": {"default": True}, "origins": [self.upstream],
                     "fetch": ({"use": "alter", "control": "required"},)},),
            policy={"default": "permit"})

    def session(self, *providers, lifetime=None, **wish):
        """A session as the application opens one: {"token", "url"}. With `lifetime` it ends after so many seconds."""
        session = self.ask("session", {"providers": providers, **wish})
        if lifetime:
            self.control("session", {"token": session["token"], "expires": int(time.time()) + lifetime})
        return session

    def state(self, session):
        return self.live()["sessions"][session["token"]]

    def grant(self, id):
        """What there is to know of a grant, how often its token was renewed among it."""
        (grant,) = [grant for grant in self.live()["grants"] if grant["id"] == id]
        return grant

    def lend(self, grant):
        """The answer to a token call about this grant."""
        return self.ask("token", {"grant": grant, "method": "GET", "url": self.upstream})
