"""What Meta's official Business SDK makes of the simulated networks. See run.sh."""

import functools
import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.parse

import requests
from facebook_business.adobjects.advideo import AdVideo
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

VERSION = "v26.0"
SCOPES = [
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "instagram_basic",
    "instagram_content_publish",
]
WORDS = "of the official SDK"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that says nothing."""

    def log_message(self, *_):
        pass


def serve(folder):
    """Where the files of a folder can be fetched."""
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def token(at, app):
    """A person's long token: consent and the exchange are no part of the SDK."""
    back = app["redirect_uris"][0]
    ask = {"client_id": app["id"], "redirect_uri": back, "response_type": "code", "scope": ",".join(SCOPES)}
    address = f"{at}/{VERSION}/dialog/oauth?{urllib.parse.urlencode(ask)}"
    sent = requests.post(address, data={"account": "ada", "decision": "allow"}, allow_redirects=False)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(sent.headers["location"]).query)["code"][0]
    client = {"client_id": app["id"], "client_secret": app["secret"]}
    exchange = f"{at}/{VERSION}/oauth/access_token"
    short = requests.get(exchange, params={**client, "redirect_uri": back, "code": code}).json()["access_token"]
    long = {**client, "grant_type": "fb_exchange_token", "fb_exchange_token": short}
    return requests.get(exchange, params=long).json()["access_token"]


def until(question, wanted):
    """Asks four times a second for ten seconds."""
    for _ in range(40):
        found = question()
        if found == wanted:
            return found
        time.sleep(0.25)
    raise SystemExit(f"{found!r}, not {wanted!r}")


def publish(at, app, person, files):
    """A post, a photo, a video and a container, by the SDK alone."""
    api = FacebookAdsApi.init(app["id"], app["secret"], person, api_version=VERSION)
    fields = ["id", "name", "access_token", "instagram_business_account"]
    pages = list(User("me", api=api).get_accounts(fields=fields))
    print("pages:", ", ".join(page["name"] for page in pages))
    first = pages[0]
    api = FacebookAdsApi.init(app["id"], app["secret"], first["access_token"], api_version=VERSION)
    page = Page(first["id"], api=api)
    print("post:", page.create_feed(params={"message": f"A post {WORDS}", "link": "https://example.com/"})["id"])
    photo = page.create_photo(params={"url": f"{files}/quay.jpg", "caption": f"A photo {WORDS}"})
    print("photo:", photo["id"])
    video = page.create_video(params={"file_url": f"{files}/film.mp4", "description": f"A video {WORDS}"})
    print("video:", video["id"])
    until(lambda: AdVideo(video["id"], api=api).api_get(fields=["published"])["published"], True)
    account = IGUser(first["instagram_business_account"]["id"], api=api)
    container = account.create_media(params={"image_url": f"{files}/quay.jpg", "caption": f"A container {WORDS}"})
    print("container:", container["id"])
    # The SDK has a node for posts of Instagram and none for their containers.
    asked = {"fields": "status_code", "access_token": first["access_token"]}
    state = lambda: requests.get(f"{at}/{VERSION}/{container['id']}", params=asked).json()["status_code"]
    until(state, "FINISHED")
    print("published:", account.create_media_publish(params={"creation_id": container["id"]})["id"])


def main(binary, folder):
    command = [binary, "demo", "--json", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        networks = json.loads(demo.stdout.readline())["networks"]
        facebook = requests.get(f"{networks}/_facebook").json()
        at, app = facebook["origin"], facebook["apps"][0]
        FacebookSession.GRAPH = at
        publish(at, app, token(at, app), serve(folder))
        visible = requests.get(f"{networks}/_visible").json()["visible"]
        shown = [f"{one['platform']}: {one['text']}" for one in visible if WORDS in one["text"]]
        print("visible:", *shown, sep="\n  ")
        return len(shown) != 4
    finally:
        demo.terminate()
        demo.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
