import Crypto
import Foundation
import Testing

@testable import PilotBeacon

/// The page, as far as it can be looked at without a browser.
struct StatusPageTests {
  private func content(_ tag: String) throws -> String {
    let start = try #require(StatusPage.html.firstRange(of: "<\(tag)>"))
    let end = try #require(StatusPage.html.firstRange(of: "</\(tag)>"))
    return String(StatusPage.html[start.upperBound..<end.lowerBound])
  }

  @Test(arguments: ["script", "style"])
  func `what stands in the page is what the policy allows, by its digest`(tag: String) throws {
    let digest = Data(SHA256.hash(data: Data(try content(tag).utf8))).base64EncodedString()
    #expect(StatusPage.policy.contains("\(tag)-src 'sha256-\(digest)'"))
    #expect(!StatusPage.policy.contains("unsafe"))
  }

  @Test func `nothing is put into the page but as text, and nothing comes from elsewhere`() throws {
    let script = try content("script")
    for name in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
      #expect(!script.contains(name))
    }
    #expect(!StatusPage.html.contains("style="))
    for address in StatusPage.html.matches(of: /https?:\/\/[^"]*/) {
      #expect(address.output == "http://www.w3.org/2000/svg", "the name of a format, which nobody fetches")
    }
    #expect(StatusPage.html.utf8.count < 32_768)
  }
}
