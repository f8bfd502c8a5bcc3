/// The commit that the sources are of: ten digits, with `-dirty` behind them where tracked files were others;
/// nil where neither a repository nor an archive of one says it.
///
/// `digits` stands in a file that scripts/write-commit writes at every build.
public func sourceCommit() -> String? { digits.isEmpty ? nil : digits }
