import PilotConsole
import PilotWire
import Testing

@testable import PilotCommands

@Suite("Lines of a node's input")
struct AttachLineTests {
  @Test("say what to do")
  func forms() throws {
    #expect(try AttachLine(parsing: #"{"send":"0a01"}"#) == .send([10, 1], to: nil))
    #expect(
      try AttachLine(parsing: #"{"send":"","to":"192.0.2.1:9"}"#)
        == .send([], to: Endpoint(ipv4: 192, 0, 2, 1, port: 9)))
    #expect(try AttachLine(parsing: #"{"relay":7,"payload":"ff"}"#) == .relay([255], to: #require(NodeID(7))))
    #expect(try AttachLine(parsing: #" {"close":true} "#) == .close)
  }

  @Test("that aren't understood are refused with what is wrong, and nothing of them is done")
  func refused() {
    for (line, words) in [
      (#"{"relay":7,"payloda":"ff"}"#, #"is "payload" meant?"#),
      (#"{"send":"ff","too":"192.0.2.1:9"}"#, #"is "to" meant?"#),
      (#"{"send":"ff","when":"later"}"#, "there are send, to, relay, payload, close"),
      (#"{"send":"ff","send":"00"}"#, "not understood"), (#"{"send":"ff","payload":"00"}"#, "beside relay only"),
      (#"{"relay":7,"payload":"ff","to":"192.0.2.1:9"}"#, "beside send only"),
      (#"{"close":false}"#, "asks for nothing"),
      (#"{"send":"ff","close":true}"#, "more than one thing"), (#"{"send":"f"}"#, "hex digits in pairs"),
      (#"{"send":"ff","to":"beacon:9"}"#, "IPv4:PORT"), (#"{"relay":0,"payload":""}"#, "node 0"),
      ("{", "not understood"),
    ] {
      let failure = #expect(throws: CommandFailure.self, "\(line)") { try AttachLine(parsing: line) }
      #expect(failure?.description.contains(words) == true, "\(line): \(String(describing: failure))")
    }
  }
}
