import Testing

@testable import SprigFunctions

struct BcryptTests {
    @Test func startsFromTheDigitsOfPi() {
        #expect(fractionOfPi(words: 4) == [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344])
    }

    @Test func hashesAsOpenBSDDoes() {
        // A test vector of the algorithm's authors: the empty password with a known salt at cost 6.
        let salt: [UInt8] = [
            0x14, 0x4B, 0x3D, 0x69, 0x1A, 0x7B, 0x4E, 0xCF, 0x39, 0xCF, 0x73, 0x5C, 0x7F, 0xA7, 0xA7, 0x9C,
        ]
        #expect(Bcrypt.hash([], salt: salt, cost: 6) == "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.")
    }
}
