import Testing

@testable import PilotBeacon

/// The lines of a watch that nobody reads.
struct EtcdLinesTests {
  @Test func `so many bytes wait, and what was taken makes room`() async {
    let (lines, line) = (EtcdLines(), [UInt8](repeating: 7, count: EtcdConnection.longestAnswer))
    // The expectations see no more than whether: a line is long.
    let first = [lines.put(line), lines.put(line), lines.put([7]), lines.put([7])]
    #expect(first == [true, true, false, false], "one that wasn't taken takes no room")
    lines.took(line)
    let second = [lines.put([7]), lines.put(line)]
    #expect(second == [true, false])
  }

  @Test func `so many lines wait, however short`() async {
    let lines = EtcdLines()
    for _ in 0..<EtcdLines.capacity { #expect(lines.put([])) }
    #expect(!lines.put([]))
    lines.end(EtcdError("over"))
    var count = 0
    for await line in lines.lines {
      if case .success = line { count += 1 }
    }
    #expect(count == EtcdLines.capacity)
  }
}
