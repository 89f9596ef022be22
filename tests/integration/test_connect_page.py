# tests/integration/test_connect_page.py: the OAuth side of the backend for tests is real: a browser consents, refuses
# and comes too late at its connect page, tokens of the providers end and are renewed, and the widget hears of all that.
import concurrent.futures
import json
import pathlib
import shutil
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from rig import tap
from rig.browser import Browser
from rig.live import Live

ALLOW = (["press", "Alice Adams"], ["press", "Allow"])
BY_GOOGLE = (["press", "Continue to Google"], *ALLOW)
HOUR, DAY = 3600, 86400
APP = "https://app.example"
EVENTS = "/calendar/v3/calendars/primary/events"


class ConnectPage(unittest.TestCase):
    profile = "alter-1"

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="attache-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.live = Live(cls.folder, cls.profile)
        cls.addClassCleanup(cls.live.stop)
        cls.page = cls.live.base + cls.live.names["connect_page"].split("#")[0]
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.stop)

    def visit(self, session, *steps, **more):
        seen = self.browser.visit(session and session["url"], *steps, **more)
        self.assertEqual(seen["errors"], [])
        return seen

    def page_call(self, what, **asked):
        """What the page's own call is answered, good or bad."""
        try:
            answer = self.open(f"{self.page}/{what}", json.dumps(asked).encode())
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return json.load(answer)

    @staticmethod
    def open(url, body=None, headers=None):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return direct.open(urllib.request.Request(url, body, headers or {}), timeout=10)

    def grant(self, session):
        """The grant that came of a session."""
        state = self.live.state(session)
        self.assertEqual(state["state"], "complete")
        (grant,) = state["grants"]
        return grant

    def call(self, token, method="GET"):
        """The status and the challenge with which the upstream answers this token."""
        body = b'{"summary": "Lunch"}' if method == "POST" else None
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            with self.open(self.live.upstream + EVENTS, body, headers) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["www-authenticate"]


class TestConsent(ConnectPage):
    def test_who_consents_gets_a_grant_whose_token_the_api_takes(self):
        session = self.live.session("google")
        seen = self.visit(session, ["shot", "connect", "Connect Google"], ["press", "Continue to Google"],
                          ["shot", "account", "Choose an account"], ["press", "Alice Adams"],
                          ["shot", "consent", "wants access"], ["press", "Allow"], ["shot", "connected", "Connected"])
        self.assertEqual((seen["heading"], seen["buttons"]), ("Connected", []))
        self.assertIn("alice@example.com", seen["text"])
        lent = self.live.lend(self.grant(session))
        self.assertEqual((lent["provider"], lent["type"]), ("google", "Bearer"))
        self.assertIn("calendar.readonly", lent["scopes"])
        self.assertEqual(self.call(lent["token"]),
                         (200, {"account": "alice", "items": [{"id": "1", "summary": "Breakfast"}]}))

    def test_the_api_refuses_no_token_a_wrong_one_and_one_whose_scope_does_not_suffice(self):
        session = self.live.session("google")
        self.visit(session, *BY_GOOGLE, ["see", "Connected"])
        token = self.live.lend(self.grant(session))["token"]
        self.assertEqual(self.call(None), (401, 'Bearer realm="calendar"'))
        self.assertEqual(self.call(token[:-1] + "~"), (401, 'Bearer realm="calendar", error="invalid_token"'))
        self.assertEqual(self.call(token, "POST"), (403, 'Bearer realm="calendar", error="insufficient_scope", '
                                                         'scope="calendar.events"'))

    def test_scopes_that_a_session_requires_are_asked_for_and_others_are_not_allowed(self):
        wider = self.live.session("google", scopes={"google": ["calendar.events"]})
        seen = self.visit(wider, ["press", "Continue to Google"], ["press", "Bob Brown"], ["see", "wants access"])
        self.assertIn("Change events in your calendar", seen["text"])
        self.assertNotIn("See your calendar\n", seen["text"])
        self.visit(wider, ["press", "Continue to Google"], ["press", "Bob Brown"], ["press", "Allow"],
                   ["see", "Connected"])
        self.assertEqual(self.call(self.live.lend(self.grant(wider))["token"], "POST")[0], 200)
        self.assertEqual(self.live.session("google", scopes={"google": ["mail"]}),
                         {"status": 403, "code": "scope_not_allowed"})
        self.assertEqual(self.live.session("yahoo"), {"status": 400, "code": "unknown_provider"})

    def test_a_lifetime_is_chosen_within_the_policy_of_the_session(self):
        session = self.live.session("google", policy={"max_ttl": 7 * DAY, "default_ttl": 2 * DAY})
        seen = self.visit(session)
        self.assertEqual((seen["radios"], seen["chosen"]), (["1 hour", "1 day", "2 days", "7 days"], ["2 days"]))
        self.visit(session, ["choose", "1 hour"], ["shot", "lifetimes", "Connect Google"], *BY_GOOGLE,
                   ["see", "Connected"])
        self.assertAlmostEqual(self.live.grant(self.grant(session))["expires"] - time.time(), HOUR, delta=60)
        short = self.visit(self.live.session("google", policy={"max_ttl": 90}))
        self.assertEqual(short["radios"], ["90 seconds"])
        self.assertEqual(self.visit(self.live.session("google"))["radios"], [])

    def test_what_the_page_does_not_offer_is_refused_by_the_backend(self):
        session = self.live.session("google", policy={"max_ttl": DAY})
        for asked, error in (({"provider": "google", "lifetime": 2 * DAY}, "lifetime"),
                             ({"provider": "google"}, "lifetime"), ({"provider": "github"}, "provider")):
            answer = self.page_call("start", session=session["token"], **asked)
            self.assertEqual(answer["error"], f"the session does not allow this {error}")

    def test_several_accounts_are_connected_in_one_session(self):
        session = self.live.session("google", "github")
        seen = self.visit(session, ["shot", "several", "Connect your accounts"], ["press", "Connect Google"], *ALLOW,
                          ["press", "Connect GitHub"], ["press", "Bob Brown"], ["press", "Allow"],
                          ["press", "Add another GitHub account"], *ALLOW,
                          ["shot", "several-connected", "Connect your accounts"],
                          ["press", "Done"], ["see", "Connected"])
        for account in ("Google\nalice@example.com", "GitHub\nbob@example.com", "GitHub\nalice@example.com"):
            self.assertIn(account, seen["text"])
        self.assertEqual(len(self.live.state(session)["grants"]), 3)

    def test_an_account_that_is_connected_again_keeps_its_grant(self):
        first, second = self.live.session("github"), self.live.session("github")
        for session in (first, second):
            self.visit(session, ["press", "Continue to GitHub"], *ALLOW, ["see", "Connected"])
        self.assertEqual(self.grant(first), self.grant(second))


class TestConsentInAnotherProfile(TestConsent):
    profile = "other"


class TestOtherEnds(ConnectPage):
    def test_who_refuses_at_the_provider_gives_nothing(self):
        session = self.live.session("google")
        seen = self.visit(session, ["press", "Continue to Google"], ["press", "Alice Adams"], ["press", "Cancel"],
                          ["shot", "denied", "Not connected"])
        self.assertEqual(seen["heading"], "Not connected")
        self.assertEqual(self.live.state(session), {"state": "denied", "grants": []})

    def test_who_refuses_at_the_page_gives_nothing(self):
        session = self.live.session("google")
        self.assertEqual(self.visit(session, ["press", "Cancel"], ["see", "Not"])["heading"], "Not connected")
        self.assertEqual(self.live.state(session)["state"], "denied")

    def test_who_waits_too_long_is_told_so(self):
        """Who waits too long is told so, whether at the page, at the provider, or before he opens it."""
        session = self.live.session("google", lifetime=2)
        self.visit(session, ["see", "Connect Google"], ["shot", "expired", "This link has expired"])
        session = self.live.session("google", lifetime=4)
        self.visit(session, ["press", "Continue to Google"], ["press", "Alice Adams"], ["see", "wants access"],
                   ["pause", 4000], ["press", "Allow"], ["see", "This link has expired"])
        self.assertEqual(self.live.state(session), {"state": "expired", "grants": []})
        self.assertEqual(self.visit(session)["heading"], "This link has expired")

    def test_a_provider_that_is_set_up_wrongly_is_named_with_what_it_said(self):
        session = self.live.session("misconfigured")
        seen = self.visit(session, ["press", "Continue to Misconfigured"], *ALLOW,
                          ["shot", "config-error", "cannot be connected"])
        self.assertEqual(seen["heading"], "This cannot be connected now")
        state = self.live.state(session)
        self.assertEqual((state["state"], state["grants"]), ("config_error", []))
        self.assertEqual(state["reason"],
                         "Misconfigured refused this application: client authentication failed")

    def test_a_session_that_is_over_or_unknown_connects_nothing(self):
        session = self.live.session("google")
        self.visit(session, *BY_GOOGLE, ["see", "Connected"])
        self.assertEqual(self.visit(session)["heading"], "Connected")
        self.assertEqual(len(self.live.state(session)["grants"]), 1)
        self.browser.visit(f"{self.page}#session=none", ["shot", "unknown", "This link is not valid"])

    def test_the_token_of_a_session_does_not_stay_in_the_address(self):
        session = self.live.session("google")
        self.assertEqual(self.visit(session)["url"], self.page)
        self.assertEqual(self.visit(session, ["reload"])["heading"], "Connect Google")

    def test_an_answer_of_the_provider_is_taken_from_the_browser_alone_that_was_sent_there(self):
        session = self.live.session("google")
        url = self.page_call("start", session=session["token"], provider="google")["url"]
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        self.assertEqual((query["code_challenge_method"], query["response_type"]), (["S256"], ["code"]))
        for state in (query["state"][0], "made-up"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.open(f"{self.live.base}/sdk/oauth/callback?" +
                          urllib.parse.urlencode({"state": state, "code": "stolen"}))
            with refused.exception as answer:
                self.assertEqual(answer.read(),
                                 b"This answer belongs to no connection that this browser began.\n")
        self.assertEqual(self.live.state(session)["state"], "pending")


class TestWidget(ConnectPage):
    def app(self, session):
        return {"app": {"origin": APP, "base": self.live.base, "token": session["token"]}}

    def test_the_widget_hears_of_the_grant_and_its_window_closes(self):
        session = self.live.session("github", origin=APP, return_url=f"{APP}/back")
        seen = self.visit(None, ["press", "Connect"], ["popup"], ["shot", "popup", "Connect GitHub"],
                          ["press", "Continue to GitHub"], *ALLOW, ["closed"], ["hear", 2], **self.app(session))
        heard = dict(seen["heard"])
        (grant,) = heard["onSuccess"]
        self.assertEqual((grant["grant_id"], grant["provider"], grant["account_identifier"], grant["operation"]),
                         (self.grant(session), "github", "alice@example.com", "creation"))
        self.assertEqual((heard["success"], seen["pages"]), (heard["onSuccess"], 1))

    def test_the_widget_hears_of_a_refusal_and_of_a_window_that_was_closed(self):
        session = self.live.session("google", origin=APP)
        seen = self.visit(None, ["press", "Connect"], ["popup"], ["press", "Cancel"], ["closed"], ["hear", 2],
                          **self.app(session))
        (error,) = [given[1] for given in seen["heard"] if given[0] == "onError"]
        self.assertEqual((error["code"], error["message"]), ("oauth_denied", "Not connected"))
        seen = self.visit(None, ["press", "Connect"], ["popup"], ["close"], ["hear", 1],
                          **self.app(self.live.session("google", origin=APP)))
        self.assertIn("onExit", [given[0] for given in seen["heard"]])

    def test_another_origin_than_the_one_of_the_session_hears_nothing(self):
        session = self.live.session("google", origin="https://other.example")
        seen = self.browser.visit(None, ["press", "Connect"], ["popup"], *BY_GOOGLE, ["closed"], ["pause", 500],
                             **self.app(session))
        self.assertEqual([given for given in seen["heard"] if given[0] == "onSuccess"], [])

    def test_a_phone_goes_to_the_page_and_comes_back(self):
        """A phone goes to the page and comes back with the grant, which the widget takes from the address."""
        session = self.live.session("google", origin=APP, return_url=f"{APP}/back?from=connect")
        seen = self.visit(None, ["press", "Connect"], ["shot", "phone", "Connect Google"], *BY_GOOGLE, ["hear", 1],
                          phone=True, **self.app(session))
        query = dict(urllib.parse.parse_qsl(dict(seen["heard"])["arrived"].lstrip("?")))
        self.assertEqual((query["from"], query["grant_id"], query["provider"], query["account_identifier"]),
                         ("connect", self.grant(session), "google", "alice@example.com"))
        self.assertEqual(seen["url"], f"{APP}/")
        refused = self.live.session("google", origin=APP, return_url=f"{APP}/back")
        seen = self.visit(None, ["press", "Connect"], ["press", "Cancel"], ["hear", 1], phone=True, **self.app(refused))
        self.assertIn("error_code=oauth_denied", dict(seen["heard"])["arrived"])


class TestTokens(ConnectPage):
    def setUp(self):
        self.live.live(seconds=4, margin=2, delay=0)

    def test_a_token_that_is_about_to_end_is_renewed_at_the_provider(self):
        session = self.live.session("google")
        self.visit(session, *BY_GOOGLE, ["see", "Connected"])
        grant = self.grant(session)
        tokens, renewed = [], []
        for _ in range(2):
            tokens.append(self.live.lend(grant)["token"])
            renewed.append(self.live.grant(grant)["refreshed"])
            self.assertEqual(self.call(tokens[-1])[0], 200)
            time.sleep(4.2)
            self.assertEqual(self.call(tokens[-1]), (401, 'Bearer realm="calendar", error="invalid_token"'))
        self.assertEqual((len(set(tokens)), renewed[1]), (2, renewed[0] + 1))

    def test_one_call_renews_and_the_others_are_told_to_ask_again(self):
        session = self.live.session("github")
        self.visit(session, ["press", "Continue to GitHub"], *ALLOW, ["see", "Connected"])
        grant = self.grant(session)
        time.sleep(4.2)
        before = self.live.grant(grant)["refreshed"]
        self.live.live(delay=1)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(self.live.lend, [grant] * 4))
        self.assertEqual(self.live.grant(grant)["refreshed"], before + 1)
        told = {"status": 409, "code": "token_refresh_in_progress"}
        self.assertEqual(answers.count(told), 3, answers)

    def test_what_the_owner_of_an_account_withdraws_at_the_provider_is_withdrawn(self):
        session = self.live.session("github")
        self.visit(session, ["press", "Continue to GitHub"], ["press", "Bob"], ["press", "Allow"], ["see", "Connected"])
        grant = self.grant(session)
        self.live.live(withdraw=grant)
        time.sleep(2.2)
        self.assertEqual(self.live.lend(grant), {"status": 400, "code": "credential_revoked"})

    def test_a_grant_that_is_revoked_takes_its_tokens_with_it(self):
        session = self.live.session("google")
        self.visit(session, ["press", "Continue to Google"], ["press", "Bob"], ["press", "Allow"], ["see", "Connected"])
        grant = self.grant(session)
        token = self.live.lend(grant)["token"]
        self.assertEqual(self.call(token)[0], 200)
        self.live.ask("revoke", {}, id=grant)
        self.assertEqual(self.live.lend(grant), {"status": 400, "code": "grant_revoked"})
        self.assertEqual(self.call(token)[0], 401)


if __name__ == "__main__":
    tap.main()
