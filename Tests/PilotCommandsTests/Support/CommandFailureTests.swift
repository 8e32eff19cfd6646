import Foundation
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("Failures")
struct CommandFailureTests {
  @Test("are one line, whatever is in them")
  func oneLine() {
    #expect(CommandFailure("a").line == "pilot: a")
    #expect(CommandFailure("a\nb", hint: "c\u{1B}d").line == #"pilot: a\nb; c\u001bd"#)
    #expect(CommandFailure("a").status == .failed)
    #expect(CommandFailure.usage("a").status == .usage)
  }

  @Test("of libraries keep their sentence")
  func libraries() {
    #expect(CommandFailure(IdentityError.cannotSign as any Error).what == IdentityError.cannotSign.description)
    let nodes = NodesFileError(path: "nodes.json", problem: .notRegularFile)
    #expect(CommandFailure(nodes as any Error).line == "pilot: \(nodes)")
    #expect(CommandFailure(WireError.nodeIDZero as any Error).line == "pilot: 0 is no node ID")
    let failure = CommandFailure.usage("a", hint: "b")
    #expect(CommandFailure(failure as any Error) == failure)
  }

  @Test("of transports say what to try, once")
  func transports() {
    let bare = TransportError(code: .bindFailed, message: "port 9001 is taken", cause: CommandFailure("cause"))
    #expect(
      CommandFailure(bare as any Error).line
        == "pilot: port 9001 is taken; stop the program that has the port, or choose another one (port 0 picks one)")
    let refused = TransportError(
      code: .connectFailed, message: "no TCP connection; does it run?", cause: SystemCallError(code: ECONNREFUSED))
    #expect(CommandFailure(refused as any Error).line == "pilot: no TCP connection (Connection refused); does it run?")
    let advised = TransportError(code: .tlsFailed, message: "not trusted; give its CA with --ca")
    #expect(CommandFailure(advised as any Error).line == "pilot: not trusted; give its CA with --ca")
  }

  @Test(
    "of wrong usage don't repeat a URL's password",
    arguments: [
      ["attach", "wss://user:hunter2@beacon.example"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "wss://user:hunter2@beacon.example"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "udp://user:hunter2@beacon.example"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "user:hunter2@beacon.example?hunter2"],
    ])
  func passwords(arguments: [String]) async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending(path: "id.json").path
      try Identity().save(to: file)
      let (output, error) = try await withConsole { console in
        let status = await PilotMain.status(of: arguments.map { $0 == "ID" ? file : $0 }, on: console)
        #expect(status == ExitStatus.usage.rawValue)
      }
      #expect(error.contains("beacon.example") && !(output + error).contains("hunter2"), "\(error)")
    }
  }
}
