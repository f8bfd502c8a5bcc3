extension RepairingJSONReader {
    /// The number at the position, or a string where the characters of numbers do not make one.
    mutating func number() throws(JSONReadFailure) -> JSONValue {
        let start = index
        var spelling: [UInt8] = []
        while let scalar = current, isNumberPart(scalar, after: spelling.last) {
            if scalar != "_" { spelling.append(UInt8(scalar.value)) }
            index += 1
        }
        try spend(index - start)
        if let next = current, PythonText.isLetter(next) {
            index = start
            return try string()
        }
        if let last = spelling.last, "+-eE/,".utf8.contains(last) {
            spelling.removeLast()
            index -= 1
        }
        let text = String(decoding: spelling, as: UTF8.self)
        if spelling.contains(UInt8(ascii: ",")) { return .string(text) }
        guard let number = PythonText.float(text) else { return .string(text) }
        if spelling.contains(where: { ".eE".utf8.contains($0) }) { return .real(number) }
        return spelling.count > JSONLimits.integerDigits
            ? .string(text) : .integer(number, IntegerWidth(text))
    }

    private func isNumberPart(_ scalar: Unicode.Scalar, after last: UInt8?) -> Bool {
        if scalar == "+" { return last.map { "eE".utf8.contains($0) } ?? false }
        if scalar == "," { return context != .array }
        return scalar.isASCII && "0123456789-.eE/_".unicodeScalars.contains(scalar)
    }
}
