"""Variables by which an environment takes over the program that it is given to.

A secret of such a name, put there by whoever may write secrets, would run code of theirs or lead the
program astray. So these names are refused unless they are allowed one by one.
"""

from __future__ import annotations

_LINKER = "the dynamic linker loads or finds code by it"
_SHELL = "shells run or split commands by it"
_LOOKUP = "programs are found by it"
_PYTHON = "Python loads or finds code by it"
_NODE = "Node.js loads code or takes options by it"
_PERL = "Perl loads or finds code by it"
_RUBY = "Ruby loads code or takes options by it"
_JAVA = "the Java machine loads code or takes options by it"
_GIT = "git runs a program of its choice"
_PROGRAM = "many programs run the program it names"
_TRUST = "it decides which servers are believed"
_PROXY = "it decides through whom requests go"
_OURS = "it decides who this machine is to Strongroom"

REASONS = {
    "LD_PRELOAD": _LINKER,
    "LD_LIBRARY_PATH": _LINKER,
    "LD_AUDIT": _LINKER,
    "PATH": _LOOKUP,
    "HOME": "programs find their settings by it",
    "SHELL": _PROGRAM,
    "IFS": _SHELL,
    "ENV": _SHELL,
    "BASH_ENV": _SHELL,
    "SHELLOPTS": _SHELL,
    "BASHOPTS": _SHELL,
    "PS4": _SHELL,
    "PROMPT_COMMAND": _SHELL,
    "ZDOTDIR": _SHELL,
    "CDPATH": _SHELL,
    "GCONV_PATH": "the C library loads code by it",
    "GETCONF_DIR": "the C library runs a program by it",
    "HOSTALIASES": "names of hosts are resolved by it",
    "RESOLV_HOST_CONF": "names of hosts are resolved by it",
    "LOCPATH": "the C library reads files by it",
    "NLSPATH": "the C library reads formats by it",
    "PYTHONPATH": _PYTHON,
    "PYTHONSTARTUP": _PYTHON,
    "PYTHONHOME": _PYTHON,
    "PYTHONUSERBASE": _PYTHON,
    "PYTHONEXECUTABLE": _PYTHON,
    "PYTHONBREAKPOINT": _PYTHON,
    "PYTHONWARNINGS": _PYTHON,
    "PYTHONINSPECT": _PYTHON,
    "NODE_OPTIONS": _NODE,
    "NODE_PATH": _NODE,
    "PERL5OPT": _PERL,
    "PERL5LIB": _PERL,
    "PERLLIB": _PERL,
    "PERL5DB": _PERL,
    "RUBYOPT": _RUBY,
    "RUBYLIB": _RUBY,
    "JAVA_TOOL_OPTIONS": _JAVA,
    "_JAVA_OPTIONS": _JAVA,
    "JDK_JAVA_OPTIONS": _JAVA,
    "CLASSPATH": _JAVA,
    "LUA_INIT": "Lua runs it",
    "LUA_PATH": "Lua finds code by it",
    "LUA_CPATH": "Lua finds code by it",
    "PHPRC": "PHP finds its settings by it",
    "PHP_INI_SCAN_DIR": "PHP finds its settings by it",
    "DOTNET_STARTUP_HOOKS": ".NET loads code by it",
    "CORECLR_PROFILER_PATH": ".NET loads code by it",
    "RUSTC_WRAPPER": "cargo runs it",
    "GOFLAGS": "go takes options by it",
    "MAKEFLAGS": "make takes options by it",
    "EDITOR": _PROGRAM,
    "VISUAL": _PROGRAM,
    "PAGER": _PROGRAM,
    "BROWSER": _PROGRAM,
    "LESSOPEN": "less runs it",
    "LESSCLOSE": "less runs it",
    "GIT_SSH": _GIT,
    "GIT_SSH_COMMAND": _GIT,
    "GIT_ASKPASS": _GIT,
    "GIT_EDITOR": _GIT,
    "GIT_PAGER": _GIT,
    "GIT_PROXY_COMMAND": _GIT,
    "GIT_EXTERNAL_DIFF": _GIT,
    "GIT_EXEC_PATH": _GIT,
    "GIT_TEMPLATE_DIR": _GIT,
    "SSH_ASKPASS": "ssh runs it",
    "SSL_CERT_FILE": _TRUST,
    "SSL_CERT_DIR": _TRUST,
    "REQUESTS_CA_BUNDLE": _TRUST,
    "CURL_CA_BUNDLE": _TRUST,
    "NODE_EXTRA_CA_CERTS": _TRUST,
    "NODE_TLS_REJECT_UNAUTHORIZED": _TRUST,
    "OPENSSL_CONF": "OpenSSL loads code by it",
    "OPENSSL_ENGINES": "OpenSSL loads code by it",
    "OPENSSL_MODULES": "OpenSSL loads code by it",
    "HTTP_PROXY": _PROXY,
    "HTTPS_PROXY": _PROXY,
    "ALL_PROXY": _PROXY,
    "STRONGROOM_HOME": _OURS,
    "STRONGROOM_IDENTITY": _OURS,
}

PREFIXES = {
    "DYLD_": _LINKER,
    "BASH_FUNC_": _SHELL,
    "GIT_CONFIG": "git takes settings by it, and those can run programs",
    "NPM_CONFIG_": "npm takes settings by it, and those can run programs",
}


def danger_of(name: str) -> str | None:
    """Return why a variable of this name is dangerous, or None. Case does not count."""
    upper = name.upper()
    for prefix, reason in PREFIXES.items():
        if upper.startswith(prefix):
            return reason
    return REASONS.get(upper)
