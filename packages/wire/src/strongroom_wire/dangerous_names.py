"""Environment variables that can hijack a program.

Anyone who can write secrets could use such a name to run code on the machine or to redirect the program.
These names are therefore rejected unless the user allows them one by one.

The list contains variables read by linkers, shells, interpreters, package managers and tools that
the program or its descendants might run. It leaves out variables that configure the program's own
connections, although they decide which server it talks to: `DATABASE_URL`, `PGHOST`,
`AWS_ENDPOINT_URL`, `KUBECONFIG`, `DOCKER_HOST`. People do store those variables as secrets, and
rejecting them would only teach people to allow everything.

The CLI rejects these names, and the dashboard warns about them (`names.js` gets this list from the
page).
"""

from __future__ import annotations

_PROGRAM = "many programs run the command it contains"
_SETTINGS = "sets where programs find their settings"
_SHELL = "changes what shells run or how they split words"
_C = "sets where the C library finds code, programs or files"
_PROFILER = "loads a profiler into the program"

_BY_REASON = {
    "sets where programs are found": "PATH",
    _SETTINGS: "HOME",
    _PROGRAM: """SHELL EDITOR VISUAL SUDO_EDITOR FCEDIT PAGER MANPAGER SYSTEMD_PAGER SYSTEMD_EDITOR
        PSQL_PAGER PSQL_EDITOR BROWSER""",
    _SHELL: """IFS ENV BASH_ENV SHELLOPTS BASHOPTS PS0 PS1 PS2 PS4 PROMPT_COMMAND ZDOTDIR CDPATH FPATH
        BASH_LOADABLES_PATH BASH_XTRACEFD""",
    "changes how host names are resolved": "HOSTALIASES RESOLV_HOST_CONF LOCALDOMAIN RES_OPTIONS",
    _C: "GCONV_PATH GETCONF_DIR GLIBC_TUNABLES LOCPATH NLSPATH MALLOC_TRACE TZDIR",
    "sets where the terminal library reads files": "TERMINFO TERMINFO_DIRS TERMCAP TERMPATH",
    "changes the code that Python loads": """PYTHONPATH PYTHONSTARTUP PYTHONHOME PYTHONUSERBASE
        PYTHONEXECUTABLE PYTHONBREAKPOINT PYTHONWARNINGS PYTHONINSPECT PYTHONPLATLIBDIR
        PYTHONPYCACHEPREFIX VIRTUAL_ENV""",
    "changes the code or options of Node.js": "NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE",
    "changes the code that Perl loads": "PERL5OPT PERL5LIB PERLLIB PERL5DB PERL5SHELL",
    "changes the code or options of Ruby": "RUBYOPT RUBYLIB RUBYSHELL",
    "changes the code or options of Java": """JAVA_TOOL_OPTIONS _JAVA_OPTIONS
        JDK_JAVA_OPTIONS JAVA_OPTS JAVA_HOME CLASSPATH""",
    "changes the code that Lua runs": "LUA_INIT LUA_PATH LUA_CPATH",
    "sets where PHP finds its settings": "PHPRC PHP_INI_SCAN_DIR",
    "changes the code or options of Erlang": "ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS",
    "changes the code that R runs": """R_HOME R_PROFILE R_PROFILE_USER R_ENVIRON R_ENVIRON_USER
        R_LIBS R_LIBS_USER R_LIBS_SITE""",
    "sets where Julia finds code": "JULIA_LOAD_PATH JULIA_DEPOT_PATH JULIA_PROJECT JULIA_BINDIR",
    "sets where Guile finds code": "GUILE_LOAD_PATH GUILE_LOAD_COMPILED_PATH",
    "sets where Tcl finds code": "TCLLIBPATH",
    "sets where awk finds code": "AWKPATH AWKLIBPATH",
    "makes an editor run commands": "VIMINIT EXINIT GVIMINIT MYVIMRC VIM VIMRUNTIME EMACSLOADPATH",
    "changes the code that .NET loads": "DOTNET_STARTUP_HOOKS DOTNET_ROOT DOTNET_ADDITIONAL_DEPS",
    _PROFILER: """CORECLR_ENABLE_PROFILING CORECLR_PROFILER CORECLR_PROFILER_PATH
        CORECLR_PROFILER_PATH_32 CORECLR_PROFILER_PATH_64 COR_ENABLE_PROFILING COR_PROFILER
        COR_PROFILER_PATH COR_PROFILER_PATH_32 COR_PROFILER_PATH_64 DOTNET_ENABLE_PROFILING""",
    "makes desktop programs load code": """GTK_MODULES GTK_PATH GTK3_MODULES GTK_EXE_PREFIX
        GIO_EXTRA_MODULES GIO_MODULE_DIR GI_TYPELIB_PATH QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH
        QML_IMPORT_PATH QML2_IMPORT_PATH""",
    "makes compilers or builds run or load code": """CC CXX CPP CFLAGS CXXFLAGS
        CPPFLAGS LDFLAGS CPATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX CMAKE_TOOLCHAIN_FILE
        PKG_CONFIG PKG_CONFIG_PATH MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES""",
    "makes cargo or rustc run or load code": """RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTDOC
        RUSTFLAGS RUSTDOCFLAGS CARGO CARGO_HOME CARGO_BUILD_RUSTC CARGO_BUILD_RUSTC_WRAPPER
        CARGO_BUILD_RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTUP_HOME RUSTUP_TOOLCHAIN
        RUSTUP_DIST_SERVER""",
    "changes the code or options of go": """GOFLAGS GOROOT GOPATH GOENV GOPROXY GONOSUMDB
        GONOSUMCHECK GOSUMDB GOINSECURE GOTOOLDIR GOTOOLCHAIN CGO_CFLAGS CGO_LDFLAGS""",
    "changes where a package manager gets code or settings": """PIP_INDEX_URL PIP_EXTRA_INDEX_URL
        PIP_FIND_LINKS PIP_CONFIG_FILE PIP_TRUSTED_HOST PIP_CERT PIP_REQUIREMENT PIP_CONSTRAINT PIP_TARGET
        PIP_PREFIX PIP_PYTHON UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS
        UV_CONFIG_FILE UV_PYTHON UV_INSECURE_HOST CONDARC CONDA_PREFIX BUNDLE_GEMFILE BUNDLE_PATH
        BUNDLE_APP_CONFIG GEM_HOME GEM_PATH GEMRC YARN_RC_FILENAME YARN_NPM_REGISTRY_SERVER YARN_PLUGINS
        COMPOSER COMPOSER_HOME COREPACK_NPM_REGISTRY COREPACK_HOME MAVEN_OPTS MAVEN_ARGS GRADLE_OPTS
        GRADLE_USER_HOME SBT_OPTS NIX_PATH NIX_CONFIG HOMEBREW_BREW_GIT_REMOTE""",
    "makes the less pager run a command": "LESSOPEN LESSCLOSE LESS LESSKEY LESSKEYIN",
    "makes ssh, rsync or cvs run a command": """SSH_ASKPASS SUDO_ASKPASS RSYNC_RSH RSYNC_CONNECT_PROG
        CVS_RSH SVN_SSH""",
    "changes the options of archivers": "TAR_OPTIONS ZIPOPT UNZIP GZIP",
    "changes which TLS certificates are trusted": """SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
        CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED PYTHONHTTPSVERIFY""",
    "writes TLS session keys to a file": "SSLKEYLOGFILE",
    "sets where curl or wget finds its settings": "CURL_HOME WGETRC",
    "makes OpenSSL load code": "OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES OPENSSL_CONF_INCLUDE",
    "redirects requests to a proxy": "HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY",
}

REASONS = {name: reason for reason, names in _BY_REASON.items() for name in names.split()}

PREFIXES = {
    "LD_": "changes the code that the dynamic linker loads",
    "DYLD_": "changes the code that the dynamic linker loads",
    "BASH_FUNC_": _SHELL,
    "GIT_": "changes git settings, which can run programs",
    "NPM_CONFIG_": "changes npm settings, which can run programs",
    "STRONGROOM_": "changes this machine's identity in Strongroom, or what it reads",
    "XDG_": _SETTINGS,
}

ORDINARY = frozenset(
    {
        # These are LaunchDarkly's keys, which no linker reads.
        "LD_ACCESS_TOKEN",
        "LD_API_KEY",
        "LD_CLIENT_SIDE_ID",
        "LD_MOBILE_KEY",
        "LD_RELAY_KEY",
        "LD_SDK_KEY",
        # Common names for git server credentials; git itself doesn't read them.
        "GIT_ACCESS_TOKEN",
        "GIT_API_TOKEN",
        "GIT_AUTH_TOKEN",
        "GIT_DEPLOY_KEY",
        "GIT_PASSWORD",
        "GIT_PAT",
        "GIT_SSH_KEY",
        "GIT_TOKEN",
        "GIT_USER",
        "GIT_USERNAME",
    }
)
"""Ordinary secrets whose names begin like dangerous ones."""


def danger_of(name: str) -> str | None:
    """Return the reason why a variable name is dangerous, or None. Case doesn't matter."""
    upper = name.upper()
    if upper in ORDINARY:
        return None
    for prefix, reason in PREFIXES.items():
        if upper.startswith(prefix):
            return reason
    return REASONS.get(upper)
