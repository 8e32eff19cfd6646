import PilotIdentity
import PilotNode
import PilotWSS
import PilotWire
import Testing

@testable import PilotCommands

@Suite("the line that two sides exchange")
struct PairingLineTests {
  private static let key = PublicKey(base64: "3UkTYz8P+V/fWnPmpYcnBsnoXkpPKvAIB7vWbWbNJlw=")
  private static let hex = String(repeating: "0f", count: 32)

  private static func line(
    _ beacons: [String] = ["udp://beacon.test:9001", "wss://beacon.test"], pins: [String] = []
  ) throws -> PairingLine {
    try PairingLine(
      node: #require(NodeID(7)), key: #require(key), beacons: beacons.map { try BeaconURL(parsing: $0) },
      pins: pins.map { try #require(KeyPin(hex: $0)) })
  }

  /// Written down once, so that lines that people have kept stay good.
  private static let text =
    "pilot:1:7:3UkTYz8P-V_fWnPmpYcnBsnoXkpPKvAIB7vWbWbNJlw:udp://beacon.test:9001,wss://beacon.test/v1/compat:"

  @Test("it has one form, and is read as it was written")
  func form() throws {
    let line = try Self.line()
    #expect(line.text.hasPrefix(Self.text))
    #expect(line.text.utf8.count == Self.text.utf8.count + 8)
    #expect(try PairingLine(parsing: line.text) == line)
    for beacons in [["udp://192.0.2.1:1"], ["ws://[2001:db8::1]:8080/v1/compat", "udp://[fe80::1%25eth0]:9"]] {
      let line = try Self.line(beacons, pins: [Self.hex])
      #expect(try PairingLine(parsing: line.text) == line)
    }
  }

  @Test("what mail programs and people do to it does no harm")
  func copied() throws {
    let line = try Self.line()
    let wrapped = line.text.prefix(40) + "\n  " + line.text.dropFirst(40).prefix(30) + "\r\n" + line.text.dropFirst(70)
    for text in [wrapped + "\n", "'\(line.text)'", "  <\(line.text)>\t", "\"\(line.text)\""] {
      #expect(try PairingLine(parsing: String(text)) == line)
    }
  }

  @Test("each prefix, and each changed character, is refused as damaged or as something else")
  func damaged() throws {
    let text = try Self.line(pins: [Self.hex]).text
    for length in 0..<text.utf8.count {
      #expect(throws: PairingLine.Fault.self) { try PairingLine(parsing: String(text.prefix(length))) }
    }
    for (index, byte) in text.utf8.enumerated() {
      for bit in 0..<7 {
        var bytes = Array(text.utf8)
        bytes[index] = byte ^ 1 << bit
        let changed = String(decoding: bytes, as: UTF8.self)
        #expect(throws: PairingLine.Fault.self, "\(changed)") { try PairingLine(parsing: changed) }
      }
    }
  }

  @Test("it is said what is wrong")
  func faults() throws {
    func fault(_ text: String) -> PairingLine.Fault? {
      do throws(PairingLine.Fault) {
        _ = try PairingLine(parsing: text)
        return nil
      } catch { return error }
    }
    /// With the checksum that the text ought to have.
    func whole(_ head: String) -> String {
      let bytes = Array(head.utf8)
      let digits = String(CRC32.checksum(bytes.span.raw), radix: 16)
      return head + ":" + String(repeating: "0", count: 8 - digits.count) + digits
    }
    let text = try Self.line().text
    #expect(fault("hello") == .foreign)
    #expect(fault(String(repeating: "pilot:", count: 1_000)) == .foreign)
    #expect(fault("pilot:2:anything") == .version("2"))
    #expect(fault(String(text.dropLast())) == .damaged)
    let head = "pilot:1:7:3UkTYz8P-V_fWnPmpYcnBsnoXkpPKvAIB7vWbWbNJlw"
    #expect(fault(whole("\(head):udp://beacon.test:9001")) == nil)
    for other in [
      "\(head):", "\(head):http://beacon.test", "\(head):udp://beacon.test:9001,", "\(head):pin=\(Self.hex)",
      "\(head):udp://b:1,pin=00", "pilot:1:0:3UkTYz8P-V_fWnPmpYcnBsnoXkpPKvAIB7vWbWbNJlw:udp://b:1",
      "pilot:1:7:short:udp://b:1", "\(head):" + (1...17).map { "udp://b:\($0)" }.joined(separator: ","),
    ] {
      #expect(fault(whole(other)) == .unfit, "\(other)")
    }
    for known in [PairingLine.Fault.foreign, .version("2"), .damaged, .unfit] {
      #expect(known.description.contains("; "), "what to try")
    }
  }

  @Test("its fingerprint is that of node and key")
  func fingerprint() throws {
    let fingerprint = try Self.line().fingerprint
    #expect(fingerprint.split(separator: " ").map(\.count) == [4, 4, 4, 4, 4])
    #expect(try Self.line(["udp://other.test:1"]).fingerprint == fingerprint)
    let other = try PairingLine(
      node: #require(NodeID(8)), key: #require(Self.key), beacons: [BeaconURL(parsing: "udp://b:1")], pins: [])
    #expect(other.fingerprint != fingerprint)
  }
}
