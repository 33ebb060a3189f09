"""Login as it is in front of a gateway: an OpenID provider, OAuth2-proxy, nginx, and a browser."""

import html.parser
import http.cookiejar
import json
import pathlib
import urllib.parse
import urllib.request

from .nginx import nginx_command
from .processes import Process, free_port, wait_until
from .temporal import tool
from .wire import Answer, connect

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "oauth2_proxy"
CLIENT, CLIENT_SECRET = "gateway", "a-secret-of-the-tests"  # As in provider.mjs.
COOKIE = "_gw_sso"
GAP_KEY = "a-key-that-the-proxy-and-the-gateway-share"
NGINX_COMES_FROM = "127.0.0.2"


def version():
    lines = (FOLDER / "go.mod").read_text().splitlines()
    return next(line.split()[-1] for line in lines if line.startswith("require "))


def is_listening(port):
    try:
        connect(port).close()
        return True
    except OSError:
        return False


class Service:
    """One process that listens on one port."""

    def __init__(self, arguments, folder, port):
        self.port, self.process = port, Process(arguments, folder / f"{type(self).__name__}.log")

    def start(self):
        saying = f"{type(self).__name__} does not listen"
        wait_until(self._is_up, within=60, saying=saying)
        return self

    def _is_up(self):
        """Begun again where the port was still in use by connections of the one before."""
        if not self.process.is_alive():
            self.process.start()
        return is_listening(self.port)

    def stop(self):
        self.process.stop()


class Provider(Service):
    """People by their names, with any password: see provider.mjs."""

    def __init__(self, folder, redirect_url, *, port=None, id_token_seconds=3600):
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        arguments = ["node", FOLDER / "provider.mjs", port, redirect_url, id_token_seconds]
        super().__init__(arguments, folder, port)

    def keys(self):
        """The keys of its tokens, for a `jwt` check that fetches nothing: this provider speaks no https."""
        with urllib.request.urlopen(self.url + "/jwks", timeout=20) as answer:
            return json.loads(answer.read())


class OAuth2Proxy(Service):
    def __init__(self, folder, provider, redirect_url, upstream, *, port=None, **more):
        port = port or free_port()
        said = {
            "http_address": f"127.0.0.1:{port}",
            "provider": "oidc",
            "oidc_issuer_url": provider.url,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "redirect_url": redirect_url,
            "email_domains": ["*"],
            "scope": "openid email groups",
            "oidc_groups_claim": "groups",
            "code_challenge_method": "S256",
            "set_xauthrequest": True,
            "set_authorization_header": True,
            "reverse_proxy": True,
            "trusted_proxy_ips": ["127.0.0.1/32", f"{NGINX_COMES_FROM}/32"],
            "cookie_secret": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "cookie_secure": False,
            "cookie_name": COOKIE,
            "upstreams": [upstream],
            "signature_key": f"sha256:{GAP_KEY}",
            "skip_provider_button": True,
        } | more
        path = folder / f"oauth2-proxy-{port}.cfg"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items()))
        super().__init__([tool(f"oauth2-proxy-{version()}", "oauth2-proxy"), "--config", path], folder, port)

    @property
    def auth_url(self):
        return f"http://127.0.0.1:{self.port}/oauth2/auth"


NGINX = """
    proxy_buffer_size 16k; proxy_buffers 4 16k; proxy_busy_buffers_size 32k;
    server {{
        listen 127.0.0.1:{port};
        proxy_bind {comes_from};
        location /oauth2/ {{
            {passes}
            proxy_pass http://127.0.0.1:{login};
            proxy_set_header X-Forwarded-Uri $request_uri;
            proxy_set_header X-Auth-Request-Redirect $request_uri;
        }}
        location = /oauth2/auth {{
            internal;
            {passes}
            proxy_pass http://127.0.0.1:{login};
            proxy_set_header X-Forwarded-Uri $request_uri;
            proxy_set_header Content-Length "";
            proxy_pass_request_body off;
        }}
        # The gateway asks the proxy itself.
        location /asked/ {{ {passes} {says_nothing} proxy_pass http://127.0.0.1:{webhooks}; }}
        location /api/ {{ {passes} {says_nothing} proxy_pass http://127.0.0.1:{operator}; }}
        # nginx asks it, and says in headers who it is.
        location /told/ {{ {passes} {asks_and_says} proxy_pass http://127.0.0.1:{webhooks}; }}
        location /desk/ {{ {passes} {asks_and_says} proxy_pass http://127.0.0.1:{operator}/api/; }}
        # The same, by somebody who forgot to say it.
        location /stripped/ {{
            {passes} {says_nothing}
            auth_request /oauth2/auth;
            proxy_pass http://127.0.0.1:{webhooks}/told/;
        }}
        # nginx passes the id token on.
        location /token/ {{
            {passes}
            auth_request /oauth2/auth;
            auth_request_set $token $upstream_http_authorization;
            proxy_set_header Authorization $token;
            proxy_pass http://127.0.0.1:{webhooks};
        }}
        # The proxy stands before the gateway and signs.
        location /signed/ {{ {passes} proxy_pass http://127.0.0.1:{login}; }}
        location / {{ return 204; }}
    }}
"""


PASSES = "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;"
SAYS_NOTHING = """
proxy_set_header X-Auth-Request-User "";
proxy_set_header X-Auth-Request-Email "";
proxy_set_header X-Auth-Request-Groups "";
"""
ASKS_AND_SAYS = """
auth_request /oauth2/auth;
auth_request_set $user $upstream_http_x_auth_request_user;
auth_request_set $email $upstream_http_x_auth_request_email;
auth_request_set $groups $upstream_http_x_auth_request_groups;
proxy_set_header X-Auth-Request-User $user;
proxy_set_header X-Auth-Request-Email $email;
proxy_set_header X-Auth-Request-Groups $groups;
"""


class Nginx(Service):
    def __init__(self, folder, *, port, login, webhooks, operator):
        servers = NGINX.format(
            port=port,
            login=login,
            webhooks=webhooks,
            operator=operator,
            comes_from=NGINX_COMES_FROM,
            passes=PASSES,
            says_nothing=SAYS_NOTHING,
            asks_and_says=ASKS_AND_SAYS,
        )
        super().__init__(nginx_command(folder, servers), folder, port)


class _Form(html.parser.HTMLParser):
    """The only form of a page: where it goes, and what is in it already."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "form":
            self.action = said["action"]
        if tag == "input" and said.get("name"):
            self.fields[said["name"]] = said.get("value", "")


class _AsTheyCome(urllib.request.HTTPErrorProcessor):
    """Statuses are answers, but for redirects, which a browser follows."""

    def http_response(self, request, response):
        if response.status in (301, 302, 303, 307, 308):
            return super().http_response(request, response)
        return response


class Browser:
    """A cookie jar that follows redirects and fills in forms."""

    def __init__(self, site):
        self.site, self.jar = site, http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), _AsTheyCome(), urllib.request.ProxyHandler({})
        )

    def _open(self, request):
        with self._opener.open(request, timeout=30) as answer:
            fields = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, fields, answer.read()), answer.url

    def request(self, method, path, headers=(), body=None):
        asked = urllib.request.Request(self.site + path, data=body, headers=dict(headers), method=method)
        return self._open(asked)[0]

    def post(self, path, headers=(), body=b"{}"):
        return self.request("POST", path, {"Content-Type": "application/json"} | dict(headers), body)

    def log_in(self, name):
        """Through the provider's pages: who it is, and that the proxy may know."""
        page, url = self._open(self.site + "/oauth2/start?rd=/")
        for _ in range(5):
            if url.startswith(self.site):
                assert self.session(), page
                return self
            form = _Form(page.body.decode())
            fields = form.fields | ({"login": name, "password": "x"} if "login" in form.fields else {})
            page, url = self._open(
                urllib.request.Request(
                    urllib.parse.urljoin(url, form.action), data=urllib.parse.urlencode(fields).encode()
                )
            )
        raise AssertionError(f"{name} does not get in: {url} {page.body[:2000]}")

    def session(self):
        """The Cookie header of the session."""
        mine = [one for one in self.jar if one.name == COOKIE or one.name.startswith(COOKIE + "_")]
        return "; ".join(f"{one.name}={one.value}" for one in mine if "csrf" not in one.name)
