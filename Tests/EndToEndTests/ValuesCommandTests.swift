import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct ValuesCommandTests {
    @Test func explainsWhereEachValueComesFrom() throws {
        let folder = try CommandTests.repository().path()
        let answer = try CommandTests.martlet("values", "austin", "--explain", "--repo", folder)
        #expect(answer.status == 0, "\(answer.errors)")
        let file = "fleets/demo/management-clusters/us-1/clusters/austin.yaml"
        let row = answer.output.split(separator: "\n").first { $0.hasPrefix("kubernetesVersion ") }
        #expect(row?.contains("app austin") == true && row?.hasSuffix("\(file):15:24") == true, "\(answer.output)")
        #expect(answer.output.contains("fleets/demo/management-clusters/us-1/management-cluster.yaml:14:17"))
        #expect(answer.output.contains("catalogs/demo/charts/cluster-lab/values.yaml:"))

        let json = try CommandTests.martlet("values", "austin", "--explain", "--repo", folder, "-o", "json")
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let values = document?["values"] as? [[String: Any]]
        let version = values?.first { $0["path"] as? [String] == ["kubernetesVersion"] }
        #expect(version?["position"] as? String == "\(file):15:24")
        #expect((version?["overridden"] as? [[String: Any]])?.isEmpty == false)
    }

    @Test func showsTheMergedValues() throws {
        let folder = try CommandTests.repository().path()
        let answer = try CommandTests.martlet("values", "austin", "--repo", folder)
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.output.contains("baseDomain: us.demo.example\n"))
        #expect(answer.output.contains("kubernetesVersion: v1.33.4\n"))
    }

    @Test func asksWhichAppIsMeant() throws {
        let folder = try CommandTests.repository().path()
        let unknown = try CommandTests.martlet("values", "austn", "--repo", folder)
        #expect(unknown.status == 1 && unknown.errors.contains("did you mean “austin”?"))
        let several = try CommandTests.martlet("values", "guardrails", "--repo", folder)
        #expect(several.status == 1 && several.errors.contains("demo/eu-1"), "\(several.errors)")
        let one = try CommandTests.martlet("values", "guardrails", "--repo", folder, "--management-cluster", "eu-1")
        #expect(one.status == 0, "\(one.errors)")
    }
}
