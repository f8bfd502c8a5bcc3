import Configuration
import FilesTestSupport
import Foundation
import Testing

@Suite struct PathRuleTests {
    @Test(
        "What stands for a home folder or a variable is taken, at the start of a component only",
        arguments: [
            ("~", "/home/ada"), ("~/", "/home/ada/"), ("~/runs/a", "/home/ada/runs/a"),
            ("~eve", "/home/eve"), ("~eve/x", "/home/eve/x"), ("~ben/x", "/home/ben/x"),
            ("$HOME", "/home/ada"), ("${HOME}", "/home/ada"), ("$HOME/runs", "/home/ada/runs"),
            ("${HOME}/runs/${RUN}", "/home/ada/runs/a"), ("runs/$RUN", "runs/a"),
            ("/mnt/$RUN/x.h5", "/mnt/a/x.h5"), ("$DATA/$_x1/x.h5", "/data/earth/shards/x.h5"),
            ("${RUN}-2/x", "a-2/x"), ("$RUN.h5", "a.h5"), ("./$RUN", "./a"), ("../$RUN", "../a"),
            ("$ROOT/runs", "/runs"), ("$ROOT", "/"),
        ])
    func expands(_ text: String, _ path: String) throws {
        #expect(try machine.expand(text) == path)
    }

    @Test(
        "Any other tilde and dollar stays",
        arguments: [
            "", "a~", "a~b", "runs/~", "runs/~/x", "./~/x", "a$b", "a$HOME", "runs/a$HOME/x",
            "a${HOME}", "a$", "$", "runs/$/x", "$5", "100$", "a b", "-", "builtin", "x~1/y$2",
        ])
    func stays(_ text: String) throws { #expect(try machine.expand(text) == text) }

    @Test(
        "Two dollars are one, anywhere",
        arguments: [
            ("$$HOME", "$HOME"), ("$${HOME}/x", "${HOME}/x"), ("$$", "$"), ("a$$b", "a$b"),
            ("$$$", "$$"), ("$$$$", "$$"), ("runs/$$RUN", "runs/$RUN"), ("$RUN$$RUN", "a$RUN"),
        ])
    func dollars(_ text: String, _ path: String) throws {
        #expect(try machine.expand(text) == path)
    }

    @Test("What a variable stands for is not expanded again")
    func once() throws {
        #expect(try machine.expand("$CHAIN/x") == "$HOME/${RUN}/x")
        #expect(try machine.expand("$TILDE/y") == "./~/x/y")
    }

    @Test(
        "What cannot be expanded is an error that says what to write",
        arguments: [
            ("~nobody/x", "no user nobody", "./~nobody"), ("~x.h5", "no user x.h5", "./~x.h5"),
            ("$NOPE/x", "NOPE is not set", "$$NOPE"), ("runs/${NOPE}", "NOPE is not set", "$$NOPE"),
            ("$EMPTY/x", "EMPTY is empty", "give it a value"), ("${", "no variable", "$$"),
            ("${}/x", "no variable", "$$"), ("${RUN:-b}", "no variable", "$$"),
            ("${RUN", "no variable", "$$"), ("a/${1}/b", "no variable", "$$"),
            ("${RU/N}", "no variable", "$$"), ("$(pwd)/x", "not run", "$$"),
            // The longest name counts, as in shells.
            ("$RUN_2/x", "RUN_2 is not set", "$$RUN_2"), ("${ RUN}", "no variable", "$$"),
        ])
    func refuses(_ text: String, _ problem: String, _ remedy: String) {
        let said = message { _ = try machine.expand(text) }
        #expect(said.contains(problem) && said.contains(remedy), "\(said)")
    }

    @Test("Without HOME the password database tells the home folder; an empty HOME is an error")
    func home() throws {
        let other = PathRule(variable: { _ in nil }, home: { $0 == nil ? "/home/db" : nil })
        #expect(try other.expand("~/x") == "/home/db/x")
        let empty = PathRule(variable: { _ in "" }, home: { _ in "/home/db" })
        #expect(message { _ = try empty.expand("~/x") }.contains("HOME is empty"))
        let none = PathRule(variable: { _ in nil }, home: { _ in nil })
        #expect(message { _ = try none.expand("~") }.contains("HOME is not set"))
    }

    @Test("The password database of this machine knows its users, and no others")
    func users() throws {
        #expect(try PathRule.system.expand("~root/x").hasSuffix("/x"))
        #expect(try !PathRule.system.expand("~root").contains("~"))
        let said = message { _ = try PathRule.system.expand("~no-such-user-of-any-machine/x") }
        #expect(said.contains("there is no user no-such-user-of-any-machine"))
    }

    @Test("A written path is read as the path that it was, whatever dollars and tildes it has")
    func written() throws {
        let pieces = ["$", "~", "/", "a", "{", "}", "$HOME", "."]
        var paths = [""]
        for _ in 0..<4 {
            paths += paths.flatMap { path in pieces.map { path + $0 } }
        }
        for path in Set(paths) {
            let read = try machine.expand(PathRule.written(path))
            #expect(read == (path.hasPrefix("~") ? "./" + path : path))
            #expect(PathRule.written(read) == PathRule.written(path), "\(path)")
        }
        #expect(PathRule.written("runs/a$b") == "runs/a$b")
        #expect(PathRule.written("/a/$b") == "/a/$$b")
    }
}
