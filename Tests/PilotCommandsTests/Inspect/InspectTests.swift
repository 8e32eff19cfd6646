import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotWire
import Testing

@testable import PilotCommands

@Suite("Inspecting")
struct InspectTests {
  @Test("members stand in the order of the wire")
  func order() throws {
    #expect(
      try inspect("05 00000001 00000007 50494c50 00000001").line
        == #"{"kind":"relay","sender":1,"destination":7,"payload":"50494c5000000001","#
        + #""frame":{"kind":"punch","ignored_bytes":4}}"#)
    #expect(
      try inspect("06 00000001 ff").line == #"{"kind":"relay_deliver","sender":1,"payload":"ff"}"#)
    #expect(
      try inspect("0204cb00718c443d").line
        == #"{"kind":"discover_reply","address":"203.0.113.140","port":17469}"#)
  }

  @Test("a payload that only looks like a tunnel frame doesn't make the frame around it a bad one")
  func brokenPayload() throws {
    let line = try inspect("0900000001 00000007 50494c4b 00")
    #expect(line["kind"] == "relay_deliver_dest")
    #expect(line["payload"] == "50494c4b00")
    #expect(line["frame"] == nil)
    #expect(line["frame_error"] == "the input is cut short: 40 bytes are needed, and 5 came")
  }

  @Test("bytes that every reader ignores are told of")
  func ignoredBytes() throws {
    #expect(try inspect("0100000007 0102").line == #"{"kind":"discover","node_id":7,"ignored_bytes":2}"#)
    #expect(try inspect("0a01 ff")["ignored_bytes"] == 1)
    #expect(try inspect("07 00000009 0001 00000005 ff")["ignored_bytes"] == 1)
    #expect(try inspect("50494c50 00000001 ff")["ignored_bytes"] == 5)
  }

  @Test("this project's own messages")
  func ownMessages() throws {
    let node = try #require(NodeID(7))
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(rawValue: .max), token: ChallengeToken(high: 1, low: 2))
    let line = try inspect(challenge.encoded())
    #expect(
      line.line
        == #"{"kind":"discover_challenge","node_id":7,"timestamp":18446744073709551615,"#
        + #""token":"00000000000000010000000000000002"}"#)
    let beacon = try #require(BeaconName(host: "beacon.example", port: 9_001))
    let proof = try Identity().proof(of: challenge, dialling: beacon)
    let proven = try inspect(proof.encoded())
    #expect(proven["kind"] == "discover_proof")
    #expect(proven["signature"] == .string(proof.signature.base64))
    #expect(proven["beacon"] == "beacon.example:9001")
    #expect(
      proven["signed_text"]
        == "discover-proof:7:18446744073709551615:00000000000000010000000000000002:beacon.example:9001")
    #expect(throws: WireError.truncated(needed: 29, had: 5)) { try inspect("0b00000007") }
    #expect(
      try inspect("0e00000007 00000001 00000002").line
        == #"{"kind":"drain","node_id":7,"from_ms":1,"until_ms":2}"#)
    #expect(
      try inspect("0f 00000001 00000002 0003000000000004 00000000000000050000000000000006 05 00000007 00000009 ff").line
        == #"{"kind":"cluster_relay","beacon_id":1,"session":2,"lane":3,"counter":4,"tag":"00000000000000050000000000000006","#
        + #""sender":7,"destination":9,"payload":"ff"}"#)
    #expect(try inspect("0d00000007 02 ff").line == #"{"kind":"gone","destination":7,"reason":2,"ignored_bytes":1}"#)
  }

  @Test("more bytes than any frame has are refused")
  func tooLong() throws {
    let frame = [UInt8](repeating: 6, count: 65_535)
    #expect(try inspect(frame)["kind"] == "relay_deliver")
    #expect(throws: WireError.payloadTooLong(limit: 65_535, had: 65_536)) {
      try inspect(frame + [6])
    }
  }
}

@Suite("Hex from people and tools")
struct HexInputTests {
  @Test(
    "any separation will do",
    arguments: ["0a01ff", "0A01FF", "0a 01 ff", "0a:01:ff", "0x0a01ff", " 0a01\nff\n", "0 a 0 1 f f", "\t0a01\r\nff"])
  func separators(text: String) throws {
    #expect(try HexInput.bytes(of: text) == [0x0A, 0x01, 0xFF])
  }

  @Test("nothing is no bytes", arguments: ["", " \n", "0x"])
  func empty(text: String) throws {
    #expect(try HexInput.bytes(of: text) == [])
  }

  @Test("what is no hex is refused", arguments: ["0g", "abc", "0a-01", "0x0x01", "٠١", "0ä"])
  func refused(text: String) {
    let error = #expect(throws: CommandFailure.self) { try HexInput.bytes(of: text) }
    #expect(error?.status == .failed)
  }
}
