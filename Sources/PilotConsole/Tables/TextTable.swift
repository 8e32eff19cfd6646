/// Results as a table for people: a header and rows, words to the left and numbers to the right.
package struct TextTable: Sendable {
  /// What the rows have in common; nil for a table that stands alone. Rows are indented under it.
  package let title: String?
  private let header: [String]
  private let leading: Int
  private let trailing: Int
  private var rows: [[String]] = []

  /// A table without rows.
  ///
  /// - Parameters:
  ///   - columns: The header, with units.
  ///   - leading: How many columns hold words, from the first on.
  ///   - trailing: How many hold words at the end.
  package init(_ title: String? = nil, columns: [String], leading: Int = 1, trailing: Int = 0) {
    self.title = title
    header = columns
    self.leading = leading
    self.trailing = trailing
  }

  /// Whether there is nothing to show.
  package var isEmpty: Bool { rows.isEmpty }

  /// Adds a row. Missing cells are empty.
  package mutating func add(_ row: [String]) {
    rows.append(header.indices.map { $0 < row.count ? row[$0] : "" })
  }

  /// Title, header and rows, without spaces at their ends.
  package var lines: [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let indent = title == nil ? "" : "  "
    return (title.map { [$0] } ?? [])
      + all.map { row in
        let cells = row.indices.map { column in
          let padding = String(repeating: " ", count: widths[column] - row[column].count)
          let isWord = column < leading || column >= header.count - trailing
          return isWord ? row[column] + padding : padding + row[column]
        }
        let line = cells.joined(separator: "  ")
        return indent + line.prefix(line.count - line.reversed().prefix { $0 == " " }.count)
      }
  }
}
