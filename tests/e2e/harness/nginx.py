"""nginx, in a folder of its own and as whoever runs the tests."""

CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{servers}
}}
"""


def nginx_command(folder, servers):
    """The command that runs it with what `servers` says, the content of an `http` block. Makes the folder."""
    folder.mkdir(exist_ok=True)
    path = folder / "nginx.conf"
    path.write_text(CONFIGURATION.format(folder=folder, servers=servers))
    return ["nginx", "-c", path, "-p", folder]
