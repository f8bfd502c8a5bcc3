import Foundation

/// Reads damaged inputs of every kind, and tells what the readers made of them.
@main struct Fuzz {
    static let usage = """
        usage: fuzz [--inputs N] [--seed S] [--only KIND] [--input NUMBER] [--time-limit SECONDS]
                    [--output FOLDER]
          kinds: \(kinds.map { $0.name }.joined(separator: ", "))
        """

    static func main() {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            if arguments.first == "worker" { return try work(Array(arguments.dropFirst())) }
            exit(try run(Options(arguments)) ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("fuzz: \(error)\n".utf8))
            exit(error is Options.Problem ? 64 : 70)
        }
    }

    /// What a worker is told to do.
    private static func work(_ arguments: [String]) throws {
        guard arguments.count == 5, let kind = kinds.first(where: { $0.name == arguments[0] }),
            let seed = UInt64(arguments[1]), let first = Int(arguments[2]),
            let end = Int(arguments[3])
        else { throw Options.Problem(description: "a worker is started by fuzz alone") }
        try Worker(kind: kind, seed: seed, numbers: first..<end, folder: arguments[4]).run()
    }

    /// Whether nothing was found.
    private static func run(_ options: Options) throws -> Bool {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        print("seed \(options.seed)")
        print("          kind    inputs  accepted   refused  findings   seconds")
        var isClean = true
        for kind in kinds where options.only.map({ $0 == kind.name }) ?? true {
            let tally = try Supervisor(
                kind: kind, seed: options.seed, numbers: options.numbers, output: options.output,
                timeLimit: options.timeLimit
            ).run()
            let columns = [
                options.numbers.count, tally.accepted, tally.refused, tally.findings.count,
            ].map { pad("\($0)", 10) }
            print(
                pad(kind.name, 14) + columns.joined()
                    + pad("\((tally.seconds * 10).rounded() / 10)", 10))
            for finding in tally.findings {
                print("  \(kind.name), input \(finding.number): \(finding.text)")
            }
            isClean = isClean && tally.findings.isEmpty
        }
        if !isClean { print("the inputs are in \(options.output)") }
        return isClean
    }
}

/// What the command line asks for.
struct Options {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    var seed: UInt64 = 1
    var only: String?
    var numbers = 0..<10_000
    var timeLimit = 20.0
    var output = "fuzz-findings"

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst(), set(name, to: value) else {
                throw Problem(description: "cannot use \(name)\n\(Fuzz.usage)")
            }
        }
    }

    private mutating func set(_ name: String, to value: String) -> Bool {
        switch name {
        case "--inputs":
            guard let count = Int(value), count > 0 else { return false }
            numbers = 0..<count
        case "--input":
            guard let number = Int(value), number >= 0 else { return false }
            numbers = number..<number + 1
        case "--seed":
            guard let number = UInt64(value) else { return false }
            seed = number
        case "--time-limit":
            guard let seconds = Double(value), seconds > 0 else { return false }
            timeLimit = seconds
        case "--only":
            guard kinds.contains(where: { $0.name == value }) else { return false }
            only = value
        case "--output": output = value
        default: return false
        }
        return true
    }
}
