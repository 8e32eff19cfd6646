/// The results as a table for people.
struct DemoTable {
  private let rows: [[String]]
  private static let header = [
    "cell", "sent", "delivered", "lost", "frames/s", "MB/s", "RTT p50", "RTT p99", "SHA-256",
  ]

  init(_ results: [DemoResult]) {
    rows = results.map { result in
      [
        result.cell.name, String(result.sent), String(result.tally.delivered), String(result.lost),
        result.rate.map { String(Int($0.rounded())) } ?? "–",
        result.megabytesPerSecond.map { Self.rounded($0) } ?? "–",
        result.roundTrip(0.5).map { "\(Int($0.rounded())) µs" } ?? "–",
        result.roundTrip(0.99).map { "\(Int($0.rounded())) µs" } ?? "–",
        result.hashMatches ? "matches" : "DIFFERS",
      ]
    }
  }

  private static func rounded(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// The table's lines, numbers to the right, words to the left.
  var lines: [String] {
    let all = [Self.header] + rows
    let widths = Self.header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        let isWord = column == 0 || column == row.count - 1
        return isWord ? row[column] + padding : padding + row[column]
      }
      return cells.joined(separator: "  ").trimmingSuffix(" ")
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = self
    while text.last == character { text.removeLast() }
    return text
  }
}
