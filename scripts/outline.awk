# The outline of Swift, C and C++ files, as lines of fields with tabs between them:
#
#   lines   FILE  LINES   generated or written
#   import  FILE  LINE    MODULE
#   block   FILE  LINE    LINES  NAME    a function, initialiser, accessor or closure in no other one,
#                                        from the line of its name to the line of its last brace; not
#                                        a property that is one table, [...], and nothing else
#   odd     FILE  LINE    what makes this reader lose its way
#
# It knows strings, interpolation, comments, regular expressions and brackets, and no grammar beyond.
# A file is generated if a comment in its first five lines says DO NOT EDIT.

function begin_file() {
    file = FILENAME; is_c = file !~ /\.swift$/
    modes = 0; mode = "code"; nesting = 0; continued = 0
    depth = 0; outer = 0; pending = ""; pending_line = 0; statement = 0
    generated = "written"
}

function end_file() {
    if (file == "") return
    print "lines\t" file "\t" count "\t" generated
    if (depth != 0 || mode != "code")
        print "odd\t" file "\t" count "\tbrackets, a string or a comment stay open at the end"
}

function enter(new) { modes++; kept_mode[modes] = mode; kept_hashes[modes] = hashes; kept_parens[modes] = parens; mode = new }
function leave() { mode = kept_mode[modes]; hashes = kept_hashes[modes]; parens = kept_parens[modes]; modes-- }

# The line without comments and without what stands in strings.
function bare(line,    out, c, n, end) {
    out = ""
    while (line != "") {
        if (mode == "comment") {
            if (!match(line, /\*\/|\/\*/)) break
            nesting += substr(line, RSTART, 1) == "*" || is_c ? -1 : 1
            if (substr(line, RSTART, 1) == "/" && is_c) nesting++ # C's comments do not nest
            line = substr(line, RSTART + 2)
            if (nesting == 0) leave()
        } else if (mode == "text" || mode == "texts") {
            if (!match(line, /["\\]/)) { line = ""; break }
            c = substr(line, RSTART, 1); line = substr(line, RSTART + 1); n = length(hashes)
            if (c == "\\") {
                if (substr(line, 1, n) != hashes) continue
                line = substr(line, n + 1)
                if (substr(line, 1, 1) == "(" && !is_c) { enter("inside"); parens = 1 }
                line = substr(line, 2)
            } else {
                end = (mode == "texts" ? "\"\"" : "") hashes
                if (substr(line, 1, length(end)) == end) { line = substr(line, length(end) + 1); leave() }
            }
        } else { # code, or the code inside a string
            if (!match(line, /["\/#()']/)) { if (mode == "code") out = out line; break }
            if (mode == "code") out = out substr(line, 1, RSTART - 1)
            line = substr(line, RSTART); c = substr(line, 1, 1)
            if (line ~ /^\/\//) break
            if (line ~ /^\/\*/) { enter("comment"); nesting = 1; line = substr(line, 3); continue }
            if (is_c && c == "'" && out !~ /[0-9a-fA-F]$/ && match(line, /^'(\\.|[^'\\])+'/)) {
                line = substr(line, RLENGTH + 1); continue
            }
            if (match(line, /^#*"""/) && !is_c) {
                if (mode == "code") out = out "\""
                n = RLENGTH - 3; enter("texts"); hashes = substr(line, 1, n); line = substr(line, n + 4); continue
            }
            if (match(line, /^#*"/)) {
                if (mode == "code") out = out "\""
                n = RLENGTH - 1; enter("text"); hashes = substr(line, 1, n); line = substr(line, n + 2); continue
            }
            if (!is_c && line ~ /^#\// && (end = index(substr(line, 3), "/#"))) { line = substr(line, end + 4); continue }
            if (!is_c && c == "/" && out ~ /[(,=:[] ?$/ && match(line, /^\/[^ \/]([^\/\\]|\\.)*\//)) {
                line = substr(line, RLENGTH + 1); continue
            }
            if (mode == "inside") {
                if (c == "(") parens++
                if (c == ")" && --parens == 0) leave()
            } else out = out c
            line = substr(line, 2)
        }
    }
    if (mode == "text") { # a string of one line ends with it
        if (!is_c) print "odd\t" file "\t" FNR "\ta string stays open"
        leave()
    }
    return out
}

function is_type(word) {
    return word ~ /^(struct|class|enum|extension|protocol|actor|precedencegroup)$/
}

# A word where declarations stand.
function declared(word, rest) {
    if (word == "actor" && rest !~ /^ +[A-Z]/) return
    pending = word; pending_line = FNR
    sub(/^ +/, "", rest)
    if (match(rest, /^[A-Za-z_`][A-Za-z0-9_`.]*/)) rest = substr(rest, 1, RLENGTH)
    else sub(/ *[({:=].*$/, "", rest) # an operator
    name = rest == "" ? word : word ~ /^(init|deinit|subscript)$/ ? word : rest
}

function open_brace(    kind) {
    if (outer) { stack[++depth] = "{"; return }
    if (is_c) kind = has_parens ? "function" : "type"
    else if (depth > 0 && stack[depth] != "type") kind = "closure"
    else kind = is_type(pending) ? "type" : "function"
    stack[++depth] = kind == "type" ? "type" : "{"
    if (kind != "type") {
        outer = depth
        outer_line = kind == "closure" || pending_line == 0 ? FNR : pending_line
        outer_name = kind == "closure" ? "a closure" : name
        table = kind != "closure" && pending == "var" ? 1 : 0
    }
    if (kind == "type") pending = ""
    if (is_c) { pending_line = 0; has_parens = 0 }
}

function close_bracket() {
    if (depth == 0) { print "odd\t" file "\t" FNR "\ta bracket too many"; return }
    if (depth == outer) {
        if (table != 3) print "block\t" file "\t" outer_line "\t" FNR - outer_line + 1 "\t" outer_name
        outer = 0
    }
    depth--
    if (is_c && !outer) { pending_line = 0; has_parens = 0 }
}

function at_declarations() { return !outer && (depth == 0 || stack[depth] == "type") }

function read_swift(line,    word, first) {
    first = 1
    while (match(line, /\.?`?[A-Za-z_][A-Za-z0-9_]*`?|[{}()]|\[|\]/)) {
        # 1: the brace of a property has opened; 2: then a bracket; 3: which has closed again
        if (table && depth == outer && substr(line, 1, RSTART - 1) ~ /[^ \t]/) table = 0
        word = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
        if (table && depth == outer && word != "}") table = table == 1 && word == "[" ? 2 : 0
        if (table == 2 && word == "]" && depth == outer + 1) table = 3
        if (word == "{") open_brace()
        else if (word ~ /^[(]$|^\[$/) stack[++depth] = word
        else if (word ~ /^[)}]$|^\]$/) close_bracket()
        else if (at_declarations()) {
            if (word ~ /^(func|init|deinit|subscript|var|let|struct|class|enum|extension|protocol|actor|precedencegroup)$/)
                declared(word, line)
            else if (first && word ~ /^(if|for|while|do|guard|switch|repeat|defer)$/) declared(word, "")
        }
        first = 0
    }
}

function read_c(line,    word) {
    while (match(line, /[A-Za-z_][A-Za-z0-9_]*|[{}();=]|\[|\]/)) {
        word = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
        if (!outer && pending_line == 0 && word ~ /^[A-Za-z_]/) { pending_line = FNR; name = word }
        if (word == "{") open_brace()
        else if (word == "(" || word == "[") {
            if (!outer && word == "(" && !has_parens) { has_parens = 1; name = last }
            stack[++depth] = word
        } else if (word == ")" || word == "]") { if (depth) depth-- }
        else if (word == "}") close_bracket()
        else if (word == ";" && !outer) { pending_line = 0; has_parens = 0 }
        last = word
    }
}

FNR == 1 { end_file(); begin_file() }
{
    count = FNR
    if (FNR <= 5 && /^ *(\/\/|\/\*|\*).*DO NOT EDIT/) generated = "generated"
    if (is_c && mode == "code" && (continued || /^ *#/)) { # the preprocessor's
        continued = /\\$/
        next
    }
    code = bare($0)
    if (is_c) read_c(code)
    else {
        if (depth == 0 && code ~ /^ *((@[A-Za-z_]+|public|package|internal|fileprivate|private) +)*import +[A-Za-z_]/) {
            module = code
            sub(/^.*import +((typealias|struct|class|enum|protocol|let|var|func) +)?/, "", module)
            sub(/[^A-Za-z0-9_].*$/, "", module)
            print "import\t" file "\t" FNR "\t" module
        } else read_swift(code)
    }
}
END { end_file() }
