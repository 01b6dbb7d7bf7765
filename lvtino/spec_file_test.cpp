#include "lvtino/spec_file.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

BOOST_AUTO_TEST_SUITE(spec_file)

using namespace lvtino;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / text("lvtino_spec_file_test_", ::getpid())) {
    make_folder(path_.string());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string add(const std::string& name, const std::string& content) const {
    write_file((path_ / name).string(), content);
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

template <class Work>
std::string spec_error(const Work& work) {
  try {
    work();
  } catch (const SpecError& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& whole, const std::string& part) {
  return whole.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_spec_without_preset_is_as_written) {
  const Folder folder;
  const SpecFile spec = load_spec(folder.add("a.json", R"({"b": [1, null], "a": {"c": "d"}})"));
  BOOST_TEST(spec.document.dump() == R"({"b":[1,null],"a":{"c":"d"}})");
  BOOST_TEST(spec.folder == folder.path());
}

BOOST_AUTO_TEST_CASE(a_preset_lies_under_the_spec) {
  const Json spec =
      with_preset(Json::parse(R"({"preset": "paper", "sampler": {"eta": 0.25}})"), ".");
  BOOST_TEST(spec["sampler"]["eta"] == 0.25);
  BOOST_TEST(spec["sampler"]["steps"].size() == 5u);
  BOOST_TEST(spec["sampler"]["steps"][0]["t_video"] == 757);
  BOOST_TEST(spec["noise"]["sigma"] == 0.001);
  BOOST_TEST(spec["preset"] == "paper");
}

BOOST_AUTO_TEST_CASE(arrays_and_nulls_replace) {
  const Json steps =
      with_preset(Json::parse(R"({"preset": "paper", "sampler": {"steps": [{"delta": 1}]}})"), ".");
  BOOST_TEST(steps["sampler"]["steps"].dump() == R"([{"delta":1}])");
  const Json none = with_preset(Json::parse(R"({"preset": "paper", "sampler": null})"), ".");
  BOOST_TEST(none["sampler"].is_null());
  const Json word = with_preset(Json::parse(R"({"preset": "paper", "noise": "much"})"), ".");
  BOOST_TEST(word["noise"] == "much");
}

BOOST_AUTO_TEST_CASE(a_preset_may_be_a_file_beside_the_spec) {
  const Folder folder;
  folder.add("mine.json", R"({"noise": {"sigma": 0.5, "seed": 1}})");
  const std::string path = folder.add("a.json", R"({"preset": "mine.json", "noise": {"seed": 2}})");
  BOOST_TEST(load_spec(path).document["noise"].dump() == R"({"sigma":0.5,"seed":2})");
  BOOST_CHECK_THROW(load_spec(folder.add("b.json", R"({"preset": "missing.json"})")), IoError);
}

BOOST_AUTO_TEST_CASE(an_unknown_preset_is_answered_with_the_nearest) {
  const auto message = [](const char* name) {
    return spec_error([&] { with_preset(Json{{"preset", name}}, "."); });
  };
  BOOST_TEST(contains(message("papper"), "/preset: "));
  BOOST_TEST(contains(message("papper"), "did you mean \"paper\"?"));
  BOOST_TEST(contains(message("zebra crossing"), "no preset \"zebra crossing\""));
  BOOST_TEST(!contains(message("zebra crossing"), "did you mean"));
  BOOST_TEST(contains(spec_error([] { with_preset(Json{{"preset", 3}}, "."); }), "/preset: "));
}

BOOST_AUTO_TEST_CASE(every_preset_that_is_listed_can_be_named) {
  BOOST_TEST(!preset_names().empty());
  for (const std::string& name : preset_names())
    BOOST_TEST(with_preset(Json{{"preset", name}}, ".").size() > 1u);
}

BOOST_AUTO_TEST_CASE(changes_are_applied_in_order) {
  const Folder folder;
  const std::string path = folder.add("a.json", R"({"a": {"b": 1}, "list": [1, 2, 3]})");
  const auto changed = [&](const std::vector<std::string>& changes) {
    return load_spec(path, changes).document;
  };
  BOOST_TEST(changed({"/a/b=2", "/a/b=3"})["a"]["b"] == 3);
  BOOST_TEST(changed({"/list/1=true"})["list"].dump() == "[1,true,3]");
  BOOST_TEST(changed({"/new/deep=[1,{\"x\":null}]"})["new"]["deep"].dump() == R"([1,{"x":null}])");
  BOOST_TEST(changed({"/a/b=word"})["a"]["b"] == "word");
  BOOST_TEST(changed({"/a/b=\"3\""})["a"]["b"] == "3");
  BOOST_TEST(changed({"/a/b=x=y"})["a"]["b"] == "x=y");
  BOOST_TEST(changed({"/a/b="})["a"]["b"] == "");
}

BOOST_AUTO_TEST_CASE(a_change_reaches_into_the_preset) {
  const Folder folder;
  const std::string path = folder.add("a.json", R"({"preset": "paper"})");
  const Json spec = load_spec(path, {"/sampler/steps/0/t_video=700"}).document;
  BOOST_TEST(spec["sampler"]["steps"][0]["t_video"] == 700);
  BOOST_TEST(spec["sampler"]["steps"][1]["t_video"] == 522);
}

BOOST_AUTO_TEST_CASE(the_preset_itself_can_be_changed) {
  const Folder folder;
  folder.add("mine.json", R"({"noise": {"sigma": 0.5}})");
  const std::string path = folder.add("a.json", R"({"preset": "paper"})");
  const Json spec = load_spec(path, {"/noise/seed=4", "/preset=mine.json"}).document;
  BOOST_TEST(spec["noise"].dump() == R"({"sigma":0.5,"seed":4})");
  BOOST_TEST(!spec.contains("sampler"));
}

BOOST_AUTO_TEST_CASE(changes_that_make_no_sense_are_refused) {
  const Folder folder;
  const std::string path = folder.add("a.json", R"({"a": {"b": 1}, "list": [1]})");
  const auto message = [&](const char* change) {
    return spec_error([&] { load_spec(path, {change}); });
  };
  BOOST_TEST(contains(message("/a/b"), "--set expects /json/pointer=value"));
  BOOST_TEST(message("/a/b/c=1") != "no error");
  BOOST_TEST(message("/list/7=1") != "no error");
  BOOST_TEST(message("/list/x=1") != "no error");
  BOOST_TEST(message("a/b=1") != "no error");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_are_named) {
  const Folder folder;
  BOOST_CHECK_THROW(load_spec(folder.path() + "/none.json"), IoError);
  const std::string path = folder.add("broken.json", "{\"a\": 1,\n \"b\" 2}");
  const std::string message = spec_error([&] { load_spec(path); });
  BOOST_TEST(contains(message, "broken.json"));
}

BOOST_AUTO_TEST_SUITE_END()
