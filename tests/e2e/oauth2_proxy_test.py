"""People who are logged in, in the four ways: a real OpenID provider, OAuth2-proxy, nginx, and a browser."""

import json

import pytest
from harness.gateway import Gateway, run_headgate, secret_file
from harness.oauth2_proxy import (
    CLIENT,
    COOKIE,
    GAP_KEY,
    NGINX_COMES_FROM,
    Browser,
    Nginx,
    OAuth2Proxy,
    Provider,
)
from harness.processes import free_port, wait_until
from harness.wire import exchange, request_bytes

WAYS = ["asked", "told", "signed", "token"]
FORGED = {
    "X-Auth-Request-User": "ada",
    "X-Auth-Request-Email": "ada@example.com",
    "X-Auth-Request-Groups": "gw-ops",
    "X-Auth-Request-Preferred-Username": "ada",
    "X-Forwarded-User": "ada",
    "X-Forwarded-Email": "ada@example.com",
    "X-Forwarded-Groups": "gw-ops",
    "Gap-Auth": "ada@example.com",
    "GAP-Signature": "sha256 XvbHF78gwXjalw+iBH38hQiiBlfquI2DcxNNE4RBmsw=",
}


class Site:
    """All of it. What the proxy and the provider are told can be changed: they are started again."""

    def __init__(self, folder):
        self.folder = folder
        self.port, self.login_port, self.provider_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.callback = self.url + "/oauth2/callback"
        self.provider = self.new_provider().start()
        self.gateway = self.new_gateway()
        self.proxy = self.new_proxy().start()
        self.gateway.start()
        self.nginx = Nginx(
            folder / "nginx",
            port=self.port,
            login=self.login_port,
            webhooks=self.gateway.port,
            operator=self.gateway.operator_port,
        ).start()

    def new_provider(self, **more):
        return Provider(self.folder, self.callback, port=self.provider_port, **more)

    def new_proxy(self, **more):
        upstream = f"http://127.0.0.1:{self.gateway.port}/"
        return OAuth2Proxy(self.folder, self.provider, self.callback, upstream, port=self.login_port, **more)

    def new_gateway(self):
        auth_url = f"http://127.0.0.1:{self.login_port}/oauth2/auth"
        ask = {"url": auth_url, "cookie": COOKIE, "keep": "0s"}
        keys = secret_file(self.folder, "keys", json.dumps(self.provider.keys()))
        token = {"algs": ["RS256"], "keys": {"public": {"form": "jwk"}}, "iss": self.provider.url}
        token |= {"aud": {"const": CLIENT}, "leeway": "0s"}
        nginx = {"peer": {"proxy": [NGINX_COMES_FROM]}}
        ops = {"groups": ["gw-ops"]}
        sources = {
            "asked": {"verify": {"session": {"ask": ask, **ops}}},
            "told": {"verify": {"all": [nginx, {"session": {"headers": "x-auth-request", **ops}}]}},
            "signed": {
                "verify": {
                    "session": {"gap_signature": {"alg": "hmac-sha256"}, "emails": ["ada@example.com"]}
                },
                "secrets": {"signing": [secret_file(self.folder, "gap", GAP_KEY)]},
            },
            "token": {
                "verify": {"session": {"jwt": token, **ops}},
                "secrets": {"signing": [keys]},
            },
        }
        for name, source in sources.items():
            source["path"] = f"/{name}/hook"
        made = Gateway(self.folder, sources=sources)
        made.configuration["listen"]["trusted_proxies"] = [NGINX_COMES_FROM]
        made.configuration["operators"] += [
            {"name": "ops", "role": "operator", "verify": {"session": {"ask": ask, **ops}}},
            {
                "name": "guests",
                "role": "viewer",
                "verify": {
                    "all": [nginx, {"session": {"headers": "x-auth-request", "groups": ["gw-guests"]}}]
                },
            },
        ]
        return made

    def browser(self, name=None):
        made = Browser(self.url)
        return made.log_in(name) if name else made

    def events(self):
        return self.gateway.api("/events")["items"]

    def stop(self):
        for each in (self.nginx, self.proxy, self.gateway, self.provider):
            each.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("login"))
    yield site
    assert site.gateway.process.is_alive()
    site.stop()


@pytest.fixture
def restored(site):
    """For tests that change what others stand on."""
    yield site
    for each in ("proxy", "provider"):
        getattr(site, each).stop()
    site.provider = site.new_provider().start()
    site.proxy = site.new_proxy().start()


def not_taken(site, answer, before):
    """Nobody got in: no event, and no status that says so."""
    return answer.status != 202 and len(site.events()) == before


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_logged_in_and_in_the_group_gets_in_and_is_known(site, way):
    ada = site.browser("ada")
    answer = ada.post(f"/{way}/hook?x=1")
    assert answer.status == 202, (answer, site.gateway.process.output()[-2000:])
    event = site.gateway.event(answer.json["id"])
    verdict = event["verdict"]
    assert verdict["verified_by"].split("+")[0] in ("session", "peer"), verdict
    assert (verdict["subject"], verdict["email"]) == ("ada", "ada@example.com")
    # GAP-Signature does not cover them.
    assert verdict["groups"] == ([] if way == "signed" else ["gw-admins", "gw-ops"])
    shown = json.dumps(event)
    assert ada.session().split("=", 1)[1] not in shown
    assert not any(part in shown for part in ("Bearer ey", "X-Forwarded-Groups", "x-forwarded-groups"))


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_not_logged_in_stays_out(site, way):
    before = len(site.events())
    assert not_taken(site, site.browser().post(f"/{way}/hook"), before)
    assert not_taken(site, site.gateway.post(b"{}", {}, path=f"/{way}/hook"), before)


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_in_another_group_stays_out(site, way):
    before = len(site.events())
    answer = site.browser("eve").post(f"/{way}/hook")
    assert answer.status == 401
    assert not_taken(site, answer, before)


@pytest.mark.parametrize("way", WAYS)
def test_forged_headers_open_nothing(site, way):
    before = len(site.events())
    eve = site.browser("eve")
    assert not_taken(site, eve.post(f"/{way}/hook", FORGED), before)
    assert not_taken(site, site.browser().post(f"/{way}/hook", FORGED), before)
    forged = FORGED | {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."}
    assert not_taken(site, site.gateway.post(b"{}", forged, path=f"/{way}/hook"), before)
    forged |= {"Cookie": eve.session(), "X-Forwarded-For": NGINX_COMES_FROM}
    assert not_taken(site, site.gateway.post(b"{}", forged, path=f"/{way}/hook"), before)


def test_forged_headers_of_a_genuine_person_are_not_the_facts(site):
    forged = {name: value.replace("ada", "root") for name, value in FORGED.items()}
    for way in WAYS:
        answer = site.browser("ada").post(f"/{way}/hook", forged)
        assert answer.status == 202, way
        event = json.dumps(site.gateway.event(answer.json["id"]))
        assert "root" not in event, way


@pytest.mark.parametrize("way", WAYS)
def test_a_page_of_another_site_presses_no_button(site, way):
    before = len(site.events())
    ada = site.browser("ada")
    assert not_taken(site, ada.post(f"/{way}/hook", {"Sec-Fetch-Site": "cross-site"}), before)
    assert not_taken(site, ada.post(f"/{way}/hook", {"Origin": "https://evil.example"}), before)
    assert ada.post(f"/{way}/hook", {"Sec-Fetch-Site": "same-origin"}).status == 202


def test_stripped_headers_open_nothing(site):
    before = len(site.events())
    assert not_taken(site, site.browser("ada").post("/stripped/hook"), before)


def test_a_changed_or_doubled_cookie_opens_nothing(site):
    ada = site.browser("ada")
    cookie = ada.session()
    other = cookie.replace(COOKIE, "x")
    # Of the last digit of base64 only some bits count.
    changed = cookie[:-10] + ("B" if cookie[-10] == "A" else "A") + cookie[-9:]
    for sent in (changed, cookie[:40], f"{COOKIE}=", f"{cookie}; {cookie}", other):
        answer = site.gateway.post(b"{}", {"Cookie": sent}, path="/asked/hook")
        assert answer.status == 401, sent
    twice = [("Cookie", cookie), ("Cookie", cookie)]
    assert site.gateway.request("POST", "/asked/hook", twice, b"{}").status == 401
    assert site.gateway.post(b"{}", {"Cookie": cookie}, path="/asked/hook").status == 202


@pytest.mark.parametrize("way", WAYS)
def test_an_expired_session_gets_nobody_in(restored, way):
    site = restored
    site.proxy.stop()
    if way == "token":  # The session goes on, as it does by default; the token in it does not.
        site.provider.stop()
        site.provider = site.new_provider(id_token_seconds=3).start()
        site.proxy = site.new_proxy().start()
    else:
        site.proxy = site.new_proxy(cookie_expire="3s").start()
    ada = site.browser("ada")
    assert ada.post(f"/{way}/hook").status == 202
    fields = [("Cookie", ada.session()), ("Connection", "close")]  # A browser would drop it by itself.
    again = request_bytes("POST", f"/{way}/hook", fields, b"{}")
    refused = 302 if way == "signed" else 401
    wait_until(
        lambda: exchange(site.port, again).status == refused, within=30, saying="an expired session gets in"
    )


@pytest.mark.parametrize("way", WAYS)
def test_nobody_gets_in_while_the_proxy_is_down_and_all_is_well_when_it_is_back(restored, way):
    site = restored
    ada = site.browser("ada")
    assert ada.post(f"/{way}/hook").status == 202
    before = len(site.events())
    site.proxy.stop()
    answer = ada.post(f"/{way}/hook")
    assert answer.status == {"asked": 503, "signed": 502}.get(way, 500)
    assert not_taken(site, answer, before)
    if way == "asked":
        assert "retry-after" in answer.headers
        assert "/oauth2/auth" in site.gateway.get("/readyz").body.decode()
    site.proxy.start()
    assert ada.post(f"/{way}/hook").status == 202


def test_a_proxy_that_asks_for_no_login_lets_nobody_in(restored):
    site = restored
    site.proxy.stop()
    exempt = {"trusted_ips": ["127.0.0.1"], "reverse_proxy": False, "trusted_proxy_ips": []}
    site.proxy = site.new_proxy(**exempt).start()  # That is where the question comes from.
    answer = site.gateway.post(b"{}", {"Cookie": f"{COOKIE}=x"}, path="/asked/hook")
    assert answer.status == 401
    site.gateway.process.await_words("without saying who it is")


def test_a_refreshed_session_reaches_the_browser(restored):
    site = restored
    site.proxy.stop()
    site.proxy = site.new_proxy(cookie_refresh="1s").start()
    ada = site.browser("ada")
    old = ada.session()

    def is_refreshed():
        assert ada.post("/asked/hook").status == 202
        return ada.session() != old

    wait_until(is_refreshed, within=30, saying="no Set-Cookie comes through")
    assert ada.post("/asked/hook").status == 202


def test_what_was_said_is_kept_for_as_long_as_configured(site):
    kept = site.gateway.configuration["sources"]["asked"]["verify"]["session"]["ask"]
    kept["keep"] = "30s"
    site.gateway.write_configuration()
    ada = site.browser("ada")
    wait_until(
        lambda: site.gateway.metric("headgate_config_reloads_total") > 0
        or "in force" in site.gateway.process.output(),
        within=20,
        saying="the configuration is not taken up",
    )
    try:
        assert ada.post("/asked/hook").status == 202
        asked = site.gateway.metric("headgate_session_questions_total")
        for _ in range(20):
            assert ada.post("/asked/hook").status == 202
        assert site.gateway.metric("headgate_session_questions_total") == asked
        assert site.browser("eve").post("/asked/hook").status == 401
        assert site.browser().post("/asked/hook", {"Cookie": f"{COOKIE}=x"}).status == 401
    finally:
        seen = site.gateway.process.output().count("in force")
        kept["keep"] = "0s"
        site.gateway.write_configuration()
        wait_until(
            lambda: site.gateway.process.output().count("in force") > seen,
            within=20,
            saying="the configuration is not taken up",
        )


# ---- The operator listener


def test_operators_come_in_with_their_session_and_others_do_not(restored):
    site = restored
    ada, eve = site.browser("ada"), site.browser("eve")
    assert ada.request("GET", "/api/v1/events").status == 200
    assert eve.request("GET", "/api/v1/events").status == 403
    assert eve.request("GET", "/api/v1/events", FORGED).status == 403
    assert eve.request("GET", "/desk/v1/events").status == 200
    assert eve.post("/desk/v1/deliveries/00000000-0000-7000-8000-000000000000/retry").status == 403
    assert site.browser().request("GET", "/desk/v1/events", FORGED).status == 401
    assert site.browser().request("GET", "/api/v1/events").status == 401
    as_guest = FORGED | {"X-Auth-Request-Groups": "gw-guests", "Connection": "close"}
    forged = request_bytes("GET", "/api/v1/events", list(as_guest.items()))
    assert exchange(site.gateway.operator_port, forged).status == 401
    assert ada.post("/api/v1/deliveries/00000000-0000-7000-8000-000000000000/retry").status == 404
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert ada.post("/api/v1/deliveries/00000000-0000-7000-8000-000000000000/retry", elsewhere).status == 403
    site.proxy.stop()
    assert ada.request("GET", "/api/v1/events").status == 503
    assert site.events() is not None, "tokens go on as they are"


# ---- The command line


def test_verify_asks_the_proxy_too(restored, tmp_path):
    site = restored
    request = tmp_path / "request"

    def verified(cookie):
        head = f"POST /asked/hook HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\nContent-Length: 2\r\n\r\n{{}}"
        request.write_text(head, newline="")
        ran = run_headgate("verify", "--config", site.gateway.path, "--source", "asked", "--request", request)
        return ran.returncode, json.loads(ran.stdout)

    ada, eve = site.browser("ada"), site.browser("eve")
    code, said = verified(ada.session())
    assert (code, said["verdict"]["email"]) == (0, "ada@example.com")
    code, said = verified(eve.session())
    assert code == 1
    assert "none of the groups" in said["refused"]["message"]
    site.proxy.stop()
    assert verified(ada.session())[0] == 3
