import Foundation
import Logging
import Testing

@testable import PilotConsole

@Suite("Log lines")
struct LoggingTests {
  private func lines(_ format: LogFormat, _ body: (Logger) -> Void) async throws -> (output: String, error: String) {
    try await withConsole { console in
      body(
        Logger(label: "pilot.test") { label in
          ConsoleLogHandler(label: label, threshold: LogThreshold(.info), format: format, console: console) {
            Date(timeIntervalSince1970: 1_760_759_935.25)
          }
        })
    }
  }

  @Test("text: time, level, label, message, and what goes with it by name")
  func text() async throws {
    let (output, error) = try await lines(.text) { logger in
      var logger = logger
      logger[metadataKey: "node"] = "7"
      logger.debug("not shown")
      logger.info("Connected", metadata: ["url": "wss://a/b", "attempt": "\(2)", "why": "it was time"])
    }
    #expect(output.isEmpty, "results alone go to standard output")
    #expect(
      error == """
        2025-10-18T03:58:55.250Z info pilot.test: Connected attempt=2 node=7 url=wss://a/b why="it was time"

        """)
  }

  @Test("what comes from a peer forges no line and no value")
  func hostileText() async throws {
    let (_, error) = try await lines(.text) { logger in
      logger.warning("a\nb", metadata: ["reason": "x\" y=z\n2025 error forged", "empty": ""])
    }
    #expect(
      error == #"""
        2025-10-18T03:58:55.250Z warning pilot.test: a\nb empty="" reason="x\" y=z\n2025 error forged"

        """#)
  }

  @Test("JSON: one object a line, numbers as numbers")
  func json() async throws {
    let (_, error) = try await lines(.json) { logger in
      logger.error(
        "a \"b\"", metadata: ["port": .stringConvertible(UInt16(443)), "list": ["x", ["k": .stringConvertible(true)]]])
      logger.notice("bare")
    }
    #expect(
      error == #"""
        {"time":"2025-10-18T03:58:55.250Z","level":"error","label":"pilot.test","message":"a \"b\"",\#
        "metadata":{"list":["x",{"k":true}],"port":443}}
        {"time":"2025-10-18T03:58:55.250Z","level":"notice","label":"pilot.test","message":"bare"}

        """#)
  }
}
