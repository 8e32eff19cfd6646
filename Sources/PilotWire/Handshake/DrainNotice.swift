/// A beacon tells a node over WSS that it is about to end the connection, or has too many, when to come back, and perhaps where to (wire
/// reference, section 3). Deployed nodes ignore it.
public struct DrainNotice: Hashable, Sendable {
  static let type = "drain"
  /// The longest place that may be named, in bytes.
  public static let maximumPlaceLength = 512

  /// When to dial.
  public let comeBack: ReturnSpan
  /// Where to: a URL for WSS, which the reader has yet to parse and to believe. Nil for where the node has dialled.
  public let place: String?

  /// A notice; nil if the place is longer than ``maximumPlaceLength``, empty, or not of printable ASCII without quotes and
  /// backslashes.
  public init?(comeBack: ReturnSpan, place: String? = nil) {
    if let place, !Self.isPlace(place) { return nil }
    self.comeBack = comeBack
    self.place = place
  }

  /// The message as a text: `{"type":"drain","from_ms":<N>,"until_ms":<N>}`, with `"to":"<URL>"` at the end where a place is named.
  public var json: String {
    let place = place.map { ",\"to\":\"\($0)\"" } ?? ""
    return "{\"type\":\"\(Self.type)\",\"from_ms\":\(comeBack.from),\"until_ms\":\(comeBack.until)\(place)}"
  }

  init(_ object: FlatJSON) throws(WireError) {
    guard let from = UInt32(exactly: try object.integer("from_ms")) else { throw .invalidMember("from_ms") }
    guard let until = UInt32(exactly: try object.integer("until_ms")) else { throw .invalidMember("until_ms") }
    guard let comeBack = ReturnSpan(from: from, until: until) else { throw .returnSpan(from: from, until: until) }
    self.comeBack = comeBack
    place = try object["to"].map { value throws(WireError) in
      guard case .string(let text) = value, Self.isPlace(text) else { throw .invalidMember("to") }
      return text
    }
  }

  private static func isPlace(_ text: String) -> Bool {
    (1...maximumPlaceLength).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }
}
