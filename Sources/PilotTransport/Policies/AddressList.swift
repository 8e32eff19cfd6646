public import PilotWire

/// Blocks of addresses as a person writes them, on a line or in a file: commas, blanks or ends of lines between them, and `#`
/// before a remark.
public enum AddressList {
  /// The most blocks that one list may have.
  public static let limit = 65_536

  /// Reads a list. A mark of the byte order in front of it is read over.
  ///
  /// - Throws: ``Problem``, with the line: one bad entry refuses the list.
  public static func blocks(in text: some StringProtocol) throws(Problem) -> [CIDRBlock] {
    var blocks: [CIDRBlock] = []
    var number = 0
    let mark = text.unicodeScalars.first == "\u{FEFF}" ? 1 : 0
    for line in text.unicodeScalars.dropFirst(mark).split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      for entry in line.prefix(while: { $0 != "#" }).split(whereSeparator: { ", \t\r".unicodeScalars.contains($0) }) {
        do throws(CIDRBlock.SyntaxError) {
          blocks.append(try CIDRBlock(parsing: String(String.UnicodeScalarView(entry))))
        } catch {
          throw Problem(line: number, reason: error.description)
        }
        if blocks.count > limit { throw Problem(line: number, reason: "there are more than \(limit) entries") }
      }
    }
    return blocks
  }

  /// What is wrong with a list.
  public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// One clause without a full stop.
    public let reason: String

    /// `line 3: …`
    public var description: String { "line \(line): \(reason)" }
  }
}
