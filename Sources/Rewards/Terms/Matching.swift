/// The largest sum that rows and columns of a table give when each is used at most once.
///
/// The Hungarian method with potentials, a shortest augmenting path for each row: the square of the
/// shorter side times the longer one.
///
/// - Parameter values: rows of numbers, all of the same length
/// - Returns: the sum of the best one-to-one matching; 0 for an empty table
func bestMatching(_ values: [[Double]]) -> Double {
    guard let first = values.first, !first.isEmpty else { return 0 }
    let table = values.count <= first.count ? values : transposed(values)
    let (rows, columns) = (table.count, table[0].count)
    // Place 0 of potentials and matches stands for nothing.
    var rowPotential = [Double](repeating: 0, count: rows + 1)
    var columnPotential = [Double](repeating: 0, count: columns + 1)
    var match = [Int](repeating: 0, count: columns + 1)
    for row in 1...rows {
        var way = [Int](repeating: 0, count: columns + 1)
        var shortest = [Double](repeating: .infinity, count: columns + 1)
        var isUsed = [Bool](repeating: false, count: columns + 1)
        match[0] = row
        var column = 0
        repeat {
            isUsed[column] = true
            let current = match[column]
            var (delta, next) = (Double.infinity, 0)
            for other in 1...columns where !isUsed[other] {
                let cost =
                    -table[current - 1][other - 1] - rowPotential[current]
                    - columnPotential[other]
                if cost < shortest[other] { (shortest[other], way[other]) = (cost, column) }
                if shortest[other] < delta { (delta, next) = (shortest[other], other) }
            }
            for other in 0...columns {
                if isUsed[other] {
                    rowPotential[match[other]] += delta
                    columnPotential[other] -= delta
                } else {
                    shortest[other] -= delta
                }
            }
            column = next
        } while match[column] != 0
        repeat {
            match[column] = match[way[column]]
            column = way[column]
        } while column != 0
    }
    return (1...columns).reduce(0) { sum, column in
        match[column] == 0 ? sum : sum + table[match[column] - 1][column - 1]
    }
}

private func transposed(_ values: [[Double]]) -> [[Double]] {
    values[0].indices.map { column in values.map { $0[column] } }
}
