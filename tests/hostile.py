# ruff: noqa: E501 -- an attack stands on one line
"""Texts that want to be more than text: one list, for everything that shows data.

Whatever of these runs in a browser sets ``window.__pwned`` or opens a dialog. The first
:data:`IN_THE_HAND_MADE_AUDIT` stand in the audit of ``tests/report/conftest.py``: append.
"""

from __future__ import annotations

RUN = "window.__pwned=1"
IN_THE_HAND_MADE_AUDIT = 12
LONG_LINE = "x" * 10_000_000
"""10 MB without a space: in one place of a test, not in each."""

CORPUS: dict[str, str] = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "templates": "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "terminal": "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b31m",
    "overrides": "\u202egnp.exe \u2066isolated\u2069 \u2068forged\u2069",
    "arabic": "طلبت استرداد المبلغ منذ أسبوعين ولم يصلني شيء",
    "markdown": "a | b | c `code` **bold** [link](javascript:alert(1)) @everyone #1 www.evil.example",
    "long line": "x" * 100_000,
    "handler": "' onmouseover='alert(3)' \" style=\"background:url(https://evil.example/x)\"",
    "style": "</style></title><style>*{display:none}</style><base href=https://evil.example>",
    "formula": '=HYPERLINK("https://evil.example")',
    "surrogate": "half a character \ud800 and a null \x00",
    "polish": "Pieniądze wróciły? Nie, już trzeci tydzień czekam na zwrot!",
    # Markup that runs by itself.
    "svg": f"<svg/onload={RUN}><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    "svg script": f"<svg><script href=data:text/javascript,{RUN} /><use href=#x></svg>",
    "foreign object": f"<svg><foreignObject><iframe srcdoc='<script>{RUN}</script>'>",
    "mathml": f"<math><maction actiontype=statusline xlink:href=javascript:{RUN}>x</maction></math>",
    "mutation": f'<math><mtext><table><mglyph><style><!--</style><img title="--><img src onerror={RUN}>">',
    "details": f"<details open ontoggle={RUN}><summary>x</summary></details>",
    "focus": f"<input autofocus onfocus={RUN}><select autofocus onfocus={RUN}>",
    "frames": f"<iframe src=javascript:{RUN}></iframe><object data=data:text/html,x></object><embed src=x>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "link": "<link rel=stylesheet href=https://evil.example/x.css><a href=https://evil.example ping=x>",
    "form": "<form action=https://evil.example><button formaction=javascript:alert(4)>send</button>",
    "noscript": f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>',
    "textarea": f"</textarea></select></template></xmp></pre><script>{RUN}</script>",
    # Ways out of where a page puts data.
    "script end": f"</script><script>{RUN}</script><!--<script>",
    "comment": f"--><script>{RUN}</script><!-- --!> ]]> ?> <![CDATA[ <?php",
    "attribute": f'" autofocus onfocus={RUN} x="',
    "single quote": f"' onclick='{RUN}' '",
    "back-tick": f"` onclick={RUN} `${{{RUN}}}`",
    "json": f'"}}]}}</script>;{RUN};//\\u003cscript\\u003e \\x3cscript\\x3e',
    "entities": f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;img src=x onerror={RUN}&#62; &amp;lt;b&amp;gt;",
    "half a tag": "<img src=x onerror=alert(5) //",
    "nulls in tags": f"<scr\x00ipt>{RUN}</scr\x00ipt><\x00script>",
    "overlong": "＜script＞alert(6)＜/script＞ \u2039script\u203a %3Cscript%3E \\74script\\76",
    # Links and addresses.
    "javascript link": f"javascript:{RUN}",
    "hidden link": f"java\tscript&colon;{RUN} JaVaScRiPt:{RUN} \x01javascript:{RUN}",
    "data link": f"data:text/html,<script>{RUN}</script>",
    "markdown link": f"[x](javascript:{RUN}) ![x](https://evil.example/x.png) <javascript:{RUN}>",
    "markdown html": f"# h\n\n<img src=x onerror={RUN}>\n\n[ref]: javascript:{RUN}\n\n[ref]",
    "path": "../../../../etc/passwd\x00.html",
    "anchor": '#"><b id=clusters name=agreement>',
    # What page libraries and template languages read.
    "htmx": f"<b hx-get=/decide hx-trigger=load hx-on::load={RUN} hx-on:click={RUN} data-hx-get=x>",
    "htmx value": f"hx-get=/decide hx-trigger=load js:{{x: {RUN}}}",
    "vue": "{{constructor.constructor('window.__pwned=1')()}} <b v-on:x=y @click=z :href=w>",
    "alpine": f'<b x-data="{RUN}" x-init="{RUN}">',
    "jinja": "{% include '/etc/passwd' %} {{ ''.__class__.__mro__ }} {# gone #} {%- endraw -%}",
    "percent": "%s %d %(name)s {0} {name!r} ${HOME} $(id) `id`",
    # Styles.
    "css": "}*{display:none}@import url(https://evil.example/x.css);a{background:url(//evil.example)",
    "css attribute": "x;position:fixed;inset:0;background:url(https://evil.example/x)",
    # Writing.
    "all overrides": "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c end",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg",
    "stacked marks": "Z" + "\u0301\u0323\u0489" * 300,
    "hebrew and digits": "שלום (12) ABC \u05d0123 -5%",
    "line ends": "one\r\ntwo\rthree\u2028four\u2029five\x0bsix\x0cseven\x85eight",
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "not characters": "\ufffe \uffff \U0010ffff \ue000 \ufdd0",
    "emoji": "👩‍👩‍👧 🇵🇱🇩🇪 👍🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "white space": " \t\u00a0\u3000\n ",
    "quotes": "\"'`´‘’“”«»\\/&<>=",
    # Spreadsheets, shells, files of YAML.
    "spreadsheet": "@SUM(1+1)*cmd|' /C calc'!A0",
    "shell": "$(touch pwned); `touch pwned` && touch pwned | tee pwned > pwned",
    "yaml": "!!python/object/apply:os.system ['touch pwned'] &a *a : - # | >",
    "own marks": "<!-- labelq: rule x --> <!-- labelq: end -->\nUNDECIDED",
}
