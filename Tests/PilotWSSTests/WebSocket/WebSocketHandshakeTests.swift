import NIOHTTP1
import Testing

@testable import PilotWSS

@Suite("WebSocket handshake")
struct WebSocketHandshakeTests {
  private static let rfcKey = "dGhlIHNhbXBsZSBub25jZQ=="

  private static func request(_ change: (inout HTTPRequestHead) -> Void = { _ in }) -> HTTPRequestHead {
    let headers: HTTPHeaders = [
      "Host": "beacon.example", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": rfcKey,
      "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "pilot.v1",
    ]
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/v1/compat", headers: headers)
    change(&head)
    return head
  }

  private static func response(_ change: (inout HTTPResponseHead) -> Void = { _ in }) -> HTTPResponseHead {
    let headers: HTTPHeaders = [
      "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      "Sec-WebSocket-Protocol": "pilot.v1",
    ]
    var head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
    change(&head)
    return head
  }

  private func refusal(_ change: (inout HTTPRequestHead) -> Void) -> WebSocketRequestError? {
    do throws(WebSocketRequestError) {
      _ = try WebSocketHandshake.accept(Self.request(change), subprotocols: PilotSubprotocol.all)
      return nil
    } catch {
      return error
    }
  }

  private func refusal(_ change: (inout HTTPResponseHead) -> Void) throws -> WebSocketResponseError? {
    let key = try #require(WebSocketKey(text: Self.rfcKey))
    do throws(WebSocketResponseError) {
      _ = try WebSocketHandshake.verify(Self.response(change), key: key)
      return nil
    } catch {
      return error
    }
  }

  @Test("The accept value of the RFC's example, section 1.3")
  func rfcAccept() throws {
    let key = try #require(WebSocketKey(text: Self.rfcKey))
    #expect(key.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("Random keys are valid and differ")
  func randomKeys() {
    let keys = (0..<100).map { _ in WebSocketKey.random() }
    #expect(keys.allSatisfy { WebSocketKey(text: $0.text) == $0 })
    #expect(Set(keys.map(\.text)).count == 100)
  }

  @Test(
    "A key that isn't 16 octets in base64 is refused",
    arguments: [
      "", "abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==A",
      "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j*Q==",
      "dGhlIHNhbXBsZSBub25\u{e9}Q==",
    ])
  func invalidKeys(text: String) {
    #expect(WebSocketKey(text: text) == nil)
    let refused = refusal { (head: inout HTTPRequestHead) in
      head.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: text)
    }
    #expect(refused == .invalidKey)
  }

  @Test("What a client writes a server accepts, and the other way round")
  func roundTrip() throws {
    typealias Row = (offered: [PilotSubprotocol], spoken: [PilotSubprotocol], chosen: PilotSubprotocol)
    let rows: [Row] = [
      (PilotSubprotocol.all, PilotSubprotocol.all, .v2), ([.v1], PilotSubprotocol.all, .v1),
      (PilotSubprotocol.all, [.v1], .v1), ([.v2], PilotSubprotocol.all, .v2),
    ]
    for row in rows {
      let key = WebSocketKey.random()
      let request = Self.request { head in
        for (name, value) in WebSocketHandshake.requestFields(key: key, subprotocols: row.offered) {
          head.headers.replaceOrAdd(name: name, value: value)
        }
      }
      let accepted = try WebSocketHandshake.accept(request, subprotocols: row.spoken)
      #expect(accepted.key == key)
      #expect(accepted.subprotocol == row.chosen)
      let response = Self.response { head in
        for (name, value) in WebSocketHandshake.responseFields(
          answering: accepted.key, subprotocol: accepted.subprotocol)
        {
          head.headers.replaceOrAdd(name: name, value: value)
        }
      }
      #expect(try WebSocketHandshake.verify(response, key: key, subprotocols: row.offered) == row.chosen)
    }
  }

  @Test("The subprotocol of this project is offered first, and one that wasn't offered isn't taken")
  func subprotocols() throws {
    let key = try #require(WebSocketKey(text: Self.rfcKey))
    let fields = WebSocketHandshake.requestFields(key: key)
    #expect(fields["Sec-WebSocket-Protocol"] == ["pilot.v2, pilot.v1"])
    do throws(WebSocketResponseError) {
      _ = try WebSocketHandshake.verify(Self.response(), key: key, subprotocols: [.v2])
      Issue.record("pilot.v1 was not offered")
    } catch {
      #expect(error == .wrongSubprotocol("pilot.v2"))
    }
    do throws(WebSocketRequestError) {
      let request = Self.request { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Protocol", value: "pilot.v2") }
      _ = try WebSocketHandshake.accept(request, subprotocols: [.v1])
      Issue.record("pilot.v2 is not spoken")
    } catch {
      #expect(error == .subprotocolNotOffered("pilot.v1"))
    }
  }

  @Test("Tokens in lists, in any case and over several fields, are found; offered extensions are passed over")
  func lenientWhereTheRFCIs() {
    #expect(
      refusal { (head: inout HTTPRequestHead) in
        head.headers.replaceOrAdd(name: "Connection", value: "keep-alive, upGRADE")
        head.headers.replaceOrAdd(name: "Upgrade", value: "h2c, WebSocket")
        head.headers.replaceOrAdd(name: "Sec-WebSocket-Protocol", value: "other, chat")
        head.headers.add(name: "Sec-WebSocket-Protocol", value: "x, pilot.v1")
        head.headers.add(name: "Sec-WebSocket-Extensions", value: "permessage-deflate")
      } == nil)
  }

  @Test("Each field that a request lacks or has wrong is named")
  func requestRefusals() {
    typealias Head = HTTPRequestHead
    func without(_ name: String) -> WebSocketRequestError? {
      refusal { (head: inout Head) in head.headers.remove(name: name) }
    }
    func with(_ name: String, _ value: String) -> WebSocketRequestError? {
      refusal { (head: inout Head) in head.headers.replaceOrAdd(name: name, value: value) }
    }
    func twice(_ name: String, _ value: String) -> WebSocketRequestError? {
      refusal { (head: inout Head) in head.headers.add(name: name, value: value) }
    }
    #expect(refusal { (head: inout Head) in head.method = .POST } == .notGet)
    #expect(refusal { (head: inout Head) in head.version = .http1_0 } == .oldHTTP)
    #expect(without("Upgrade") == .noUpgrade)
    #expect(with("Upgrade", "websockets") == .noUpgrade)
    #expect(without("Connection") == .noConnectionUpgrade)
    #expect(with("Connection", "keep-alive") == .noConnectionUpgrade)
    #expect(without("Host") == .noHost)
    #expect(twice("Host", "other.example") == .noHost)
    #expect(without("Sec-WebSocket-Version") == .unsupportedVersion)
    #expect(with("Sec-WebSocket-Version", "8") == .unsupportedVersion)
    #expect(without("Sec-WebSocket-Key") == .invalidKey)
    #expect(twice("Sec-WebSocket-Key", Self.rfcKey) == .invalidKey)
    #expect(without("Sec-WebSocket-Protocol") == .subprotocolNotOffered("pilot.v1"))
    #expect(with("Sec-WebSocket-Protocol", "Pilot.v1") == .subprotocolNotOffered("pilot.v1"))
  }

  @Test("A plain GET is answered 426, so is another version; a bad request 400")
  func statuses() {
    #expect(WebSocketRequestError.noUpgrade.status == .upgradeRequired)
    #expect(WebSocketRequestError.unsupportedVersion.status == .upgradeRequired)
    #expect(WebSocketRequestError.invalidKey.status == .badRequest)
    #expect(WebSocketRequestError.notGet.status == .methodNotAllowed)
  }

  @Test("Each field that a response lacks or has wrong is named")
  func responseRefusals() throws {
    typealias Head = HTTPResponseHead
    func without(_ name: String) throws -> WebSocketResponseError? {
      try refusal { (head: inout Head) in head.headers.remove(name: name) }
    }
    func with(_ name: String, _ value: String) throws -> WebSocketResponseError? {
      try refusal { (head: inout Head) in head.headers.replaceOrAdd(name: name, value: value) }
    }
    #expect(try refusal { (_: inout Head) in } == nil)
    #expect(try refusal { (head: inout Head) in head.status = .serviceUnavailable } == .status(503))
    #expect(try with("Upgrade", "h2c") == .noUpgrade)
    #expect(try without("Connection") == .noConnectionUpgrade)
    #expect(try without("Sec-WebSocket-Accept") == .wrongAccept)
    #expect(try with("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == .wrongAccept)
    #expect(try without("Sec-WebSocket-Protocol") == .wrongSubprotocol("pilot.v2 or pilot.v1"))
    #expect(try with("Sec-WebSocket-Protocol", "pilot.v1, chat") == .wrongSubprotocol("pilot.v2 or pilot.v1"))
    #expect(
      try refusal { (head: inout Head) in head.headers.add(name: "Sec-WebSocket-Protocol", value: "pilot.v1") }
        == .wrongSubprotocol("pilot.v2 or pilot.v1"))
    #expect(try with("Sec-WebSocket-Extensions", "permessage-deflate") == .unaskedExtension)
  }
}
