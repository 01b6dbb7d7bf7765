#include "lvtino/comparison.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(comparison)

using namespace lvtino;

namespace {

Json parse(const char* words) { return Json::parse(words); }

Json report(double psnr, double baseline, const char* hash = "a") {
  Json out = parse(R"({"result": {"methods": [
      {"name": "restoration", "label": "LVTINO", "metrics": {"psnr": {"whole": 0}}},
      {"name": "interpolation", "label": "bicubic", "metrics": {"psnr": {"whole": 0}}}],
      "evaluations": {"video": 5, "image": 4}, "steps": [], "hashes": {}},
      "context": {"step_seconds": [1, 2], "stages": [{"peak_bytes": 10}, {"peak_bytes": 30}]}})");
  out["result"]["methods"][0]["metrics"]["psnr"]["whole"] = psnr;
  out["result"]["methods"][1]["metrics"]["psnr"]["whole"] = baseline;
  out["result"]["hashes"]["measurement"] = hash;
  return out;
}

FinishedRun run(const char* clip, const char* method, Json report, Json perceptual = {}) {
  return {clip, method, std::string("method ") + method, "nowhere", std::move(report), std::move(perceptual)};
}

const Json& row(const Json& table, const char* label) {
  for (const Json& row : table["result"]["rows"])
    if (row["label"] == label) return row;
  throw ShapeError(text("no row ", label));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_spec_without_methods_is_its_own) {
  const auto methods = methods_of({parse(R"({"seed": 3})"), "folder"});
  BOOST_TEST_REQUIRE(methods.size() == 1U);
  BOOST_TEST(methods[0].name.empty());
  BOOST_TEST((methods[0].spec.document == parse(R"({"seed": 3})")));
}

BOOST_AUTO_TEST_CASE(methods_are_laid_over_the_spec) {
  const auto methods = methods_of(
      {parse(R"({"priors": {"video": {"type": "a"}, "image": {"type": "b"}},
                 "sampler": {"eta": 0.5}, "output": {"save": ["truth", "mean"]},
                 "methods": [{"name": "one", "label": "One", "set": {"priors": {"image": null}}},
                             {"name": "two", "set": {"sampler": {"samples": 4}}}]})"),
       "folder"});
  BOOST_TEST_REQUIRE(methods.size() == 2U);
  BOOST_TEST(methods[0].label == "One");
  BOOST_TEST(methods[1].label == "two");
  const Json& one = methods[0].spec.document;
  BOOST_TEST(!one.contains("methods"));
  BOOST_TEST(one["priors"]["image"].is_null());
  BOOST_TEST((one["priors"]["video"]["type"] == "a"));
  BOOST_TEST((one["output"]["save"] == Json::array({"truth"})));  // there is no mean of one sample
  const Json& two = methods[1].spec.document;
  BOOST_TEST((two["sampler"] == parse(R"({"eta": 0.5, "samples": 4})")));
  BOOST_TEST((two["output"]["save"] == Json::array({"truth", "mean"})));
}

BOOST_AUTO_TEST_CASE(faulty_methods_are_named) {
  const auto fails_at = [](const char* methods, const std::string& pointer) {
    try {
      methods_of({Json{{"methods", parse(methods)}}, "."});
    } catch (const SpecError& failure) {
      BOOST_TEST(std::string(failure.what()).find(pointer) != std::string::npos, failure.what());
      return;
    }
    BOOST_ERROR(methods << " was accepted");
  };
  fails_at("[]", "/methods");
  fails_at("{}", "/methods");
  fails_at("[1]", "/methods/0");
  fails_at(R"([{"label": "x"}])", "/methods/0");
  fails_at(R"([{"name": "../x"}])", "/methods/0/name");
  fails_at(R"([{"name": "x", "sets": {}}])", "/methods/0/sets");
  fails_at(R"([{"name": "x", "set": 3}])", "/methods/0/set");
  fails_at(R"([{"name": "x"}, {"name": "x"}])", "/methods/1/name");
  fails_at(R"([{"name": "x", "set": {"clips": []}}])", "/methods/0/set/clips");
}

BOOST_AUTO_TEST_CASE(rows_hold_clips_averages_and_costs) {
  const Json table = comparison_json(
      "Title", {run("dog", "tv", report(30, 25)), run("dog", "net", report(32, 25)),
                run("cat", "tv", report(20, 15)), run("cat", "net", report(23, 15))});
  BOOST_TEST((table["result"]["clips"] == Json::array({"dog", "cat"})));
  BOOST_TEST((table["result"]["measures"] == Json::array({"psnr"})));
  BOOST_TEST(table["result"]["rows"].size() == 3U);
  BOOST_TEST(row(table, "method tv")["average"]["psnr"].get<double>() == 25);
  BOOST_TEST(row(table, "method net")["average"]["psnr"].get<double>() == 27.5);
  BOOST_TEST(row(table, "bicubic")["average"]["psnr"].get<double>() == 20);
  BOOST_TEST(row(table, "method net")["clips"]["cat"]["psnr"].get<double>() == 23);
  const Json& cost = table["context"]["rows"][0]["clips"]["dog"];
  BOOST_TEST(cost["seconds"].get<double>() == 3);
  BOOST_TEST(cost["peak_bytes"].get<double>() == 30);
  BOOST_TEST(cost["video"].get<int>() == 5);
  BOOST_TEST(table["result"]["notes"].empty());
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_not_comparable_is_said) {
  Json infinite = report(0, 15);
  infinite["result"]["methods"][0]["metrics"]["psnr"]["whole"] = nullptr;
  infinite["result"]["steps"] = parse(R"([{"converged": true}, {"converged": false}])");
  const Json table =
      comparison_json("", {run("dog", "a", report(30, 25)), run("dog", "b", report(31, 25, "other")),
                           run("cat", "a", infinite)});
  BOOST_TEST(!row(table, "method a")["average"].contains("psnr"));  // of one clip it has no value
  BOOST_TEST(!row(table, "method b")["average"].contains("psnr"));  // it did not run on one
  BOOST_TEST_REQUIRE(table["result"]["notes"].size() == 2U);
  BOOST_TEST(table["result"]["notes"][0].get<std::string>().find("another measurement") != std::string::npos);
  BOOST_TEST(table["result"]["notes"][1].get<std::string>().find("did not converge") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(perceptual_measures_join_the_table) {
  const Json seen = parse(R"({"methods": [{"name": "restoration", "metrics": {"vmaf": {"mean": 77}}},
                                          {"name": "interpolation", "metrics": {"vmaf": {"mean": 50}}}]})");
  const Json table = comparison_json("", {run("dog", "a", report(30, 25), seen)});
  BOOST_TEST((table["result"]["measures"] == Json::array({"psnr", "vmaf"})));
  BOOST_TEST(row(table, "method a")["clips"]["dog"]["vmaf"].get<double>() == 77);
  BOOST_TEST(row(table, "bicubic")["average"]["vmaf"].get<double>() == 50);
}

BOOST_AUTO_TEST_SUITE_END()
