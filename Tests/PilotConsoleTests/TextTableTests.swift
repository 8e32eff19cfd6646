import Testing

@testable import PilotConsole

@Suite("Tables of text")
struct TextTableTests {
  @Test("words stand to the left, numbers to the right, and nothing behind the last")
  func columns() {
    var table = TextTable("Title", columns: ["cell", "sends", "n", "rate"], leading: 2)
    #expect(table.isEmpty)
    table.add(["udp → udp", "single", "1", "1,000"])
    table.add(["a", "b", "22", ""])
    #expect(
      table.lines == [
        "Title",
        "  cell       sends    n   rate",
        "  udp → udp  single   1  1,000",
        "  a          b       22",
      ])
  }

  @Test("a table that stands alone isn't indented, and may end with words")
  func alone() {
    var table = TextTable(columns: ["cell", "n", "hash"], trailing: 1)
    table.add(["a", "10", "same"])
    #expect(table.lines == ["cell   n  hash", "a     10  same"])
  }
}
