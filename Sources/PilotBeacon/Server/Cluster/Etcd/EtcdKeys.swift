import PilotTransport
import PilotWire

/// What a beacon's keys are called, and what stands in them.
///
/// ```text
/// /pilot/beacons/00a1b200            {"v":1,"udp":"192.0.2.1:9001","epoch":"…16 hex digits","secret":"…","version":"0.1.0","beat":7}
/// /pilot/beacons/00a1b200/nodes/0fff  some of its nodes, as PresenceBucket has them
/// ```
struct EtcdKeys: Sendable {
  /// What one of the keys is about.
  enum Subject: Equatable {
    case member(UInt32)
    case nodes(bucket: Int, of: UInt32)
  }

  let prefix: String

  init(prefix: String = "/pilot") {
    self.prefix = prefix + "/beacons/"
  }

  /// Whether keys may begin so: what one cluster's keys begin with is never the start of another one's, since `/beacons/` follows.
  static func isPrefix(_ text: String) -> Bool {
    guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 64 else { return false }
    let parts = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.allSatisfy { part in !part.isEmpty && part.allSatisfy(isInName) }
  }

  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// The first key that there can be.
  var first: [UInt8] { Array(prefix.utf8) }
  /// The first one behind all of them.
  var end: [UInt8] {
    var end = first
    end[end.count - 1] += 1
    return end
  }

  func member(_ beaconID: UInt32) -> [UInt8] { Array((prefix + Self.hex(beaconID, 8)).utf8) }

  func nodes(_ bucket: Int, of beaconID: UInt32) -> [UInt8] {
    member(beaconID) + "/nodes/\(Self.hex(UInt32(bucket), 4))".utf8
  }

  func subject(of key: [UInt8]) -> Subject? {
    guard key.starts(with: first) else { return nil }
    let parts = key.dropFirst(first.count).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let beaconID = parts.first.flatMap({ Self.number($0, 8) }) else { return nil }
    if parts.count == 1 { return .member(beaconID) }
    guard parts.count == 3, Array(parts[1]) == Array("nodes".utf8), let bucket = Self.number(parts[2], 4) else {
      return nil
    }
    return bucket < PresenceBucket.count ? .nodes(bucket: Int(bucket), of: beaconID) : nil
  }

  /// What stands in a beacon's own key.
  static func value(of member: ClusterMember, beat: UInt64) -> [UInt8] {
    let epoch = Hex.padded(String(member.epoch, radix: 16), to: 16)
    let secret = member.fingerprint.map { #""secret":"\#(Hex.padded(String($0, radix: 16), to: 16))","# } ?? ""
    return Array(
      #"{"v":1,"udp":"\#(member.endpoint)","epoch":"\#(epoch)",\#(secret)"version":"\#(PackageVersion.text)","beat":\#(beat)}"#
        .utf8)
  }

  /// Reads that; nil if it isn't understood.
  static func member(_ beaconID: UInt32, _ value: [UInt8]) -> (member: ClusterMember, beat: UInt64)? {
    guard let object = try? FlatJSON(parsing: value.span.raw, maximumLength: 4_096),
      (try? object.integer("v")) == 1, let udp = try? object.string("udp"), let epoch = try? object.string("epoch"),
      let endpoint = try? Endpoint(parsing: udp), let number = UInt64(epoch, radix: 16),
      let member = ClusterMember(
        beaconID: beaconID, epoch: number, endpoint: endpoint,
        fingerprint: (try? object.string("secret")).flatMap { UInt64($0, radix: 16) })
    else { return nil }
    return (member, (try? object.integer("beat")) ?? 0)
  }

  private static func hex(_ number: UInt32, _ digits: Int) -> String {
    Hex.padded(String(number, radix: 16), to: digits)
  }

  private static func number(_ digits: some Collection<UInt8>, _ count: Int) -> UInt32? {
    guard digits.count == count else { return nil }
    return digits.reduce(UInt32?(0)) { number, digit in
      guard let number, let value = Hex.value(ofDigit: digit) else { return nil }
      return number << 4 | UInt32(value)
    }
  }
}
