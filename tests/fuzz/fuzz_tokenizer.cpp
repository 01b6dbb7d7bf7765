#include "priors/text/bpe_tokenizer.hpp"
#include "priors/text/prompt_cleaning.hpp"
#include "priors/text/unigram_tokenizer.hpp"
#include "tests/fuzz/fuzz_file.hpp"

namespace {

/// Up to the next 0; takes it off.
std::string part(std::string& bytes) {
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string out = bytes.substr(0, end);
  bytes.erase(0, end + 1);
  return out;
}

}  // namespace

// 'm' and a SentencePiece model, which then cuts some texts; 'p' and a prompt; or a vocabulary,
// merges and a text, a 0 between them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  return fuzz::survives([&] {
    if (!bytes.empty() && bytes[0] == 'm') {
      const UnigramTokenizer tokenizer(parse_sentencepiece_model(bytes.substr(1), "f"), "f");
      for (const char* one :
           {"", "a high resolution video", " \t  \xe3\x80\x80 \xef\xbd\xb6\xef\xbe\x9e",
            "\xf0\x9f\x91\xa8\xe2\x80\x8d [sep] e\xcc\x81 \xef\xac\x81"})
        tokenizer.rows({one}, 8);
      return;
    }
    if (!bytes.empty() && bytes[0] == 'p') return void(cleaned_prompt(bytes.substr(1)));
    const std::string vocabulary = part(bytes), merges = part(bytes);
    BpeTokenizer(vocabulary, "v", merges, "m").rows({bytes}, 0, 8);
  });
}
