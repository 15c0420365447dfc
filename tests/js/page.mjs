// What a page in a browser does with solarnetwork-api-core: a URL from its helper, a signature from its builder, and `fetch`.
import AuthorizationV2Builder from "solarnetwork-api-core/lib/net/authV2.js";
import Environment from "solarnetwork-api-core/lib/net/environment.js";
import SolarUserApi from "solarnetwork-api-core/lib/net/solarUserUrlHelper.js";
import UserAuthTokenUrlHelperMixin from "solarnetwork-api-core/lib/net/userAuthTokenUrlHelperMixin.js";

const UserTokens = UserAuthTokenUrlHelperMixin(SolarUserApi);

// Returns what the page can see of the answer, or the browser's error if it may see nothing.
export async function call(port, token, { method = "GET", helper = "listAllAuthTokensUrl", args = [], path, body } = {}) {
  const environment = new Environment({ protocol: "http", host: "127.0.0.1", port });
  const url = path ? `http://127.0.0.1:${port}${path}` : new UserTokens(environment)[helper](...args);
  const auth = new AuthorizationV2Builder(token.id, environment).method(method).url(url).snDate(true);
  const headers = { "X-SN-Date": auth.requestDateHeaderValue };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    auth.contentType(headers["Content-Type"]).computeContentDigest(body);
    headers.Digest = auth.httpHeaders.firstValue("Digest");
  }
  headers.Authorization = auth.build(token.secret);
  try {
    const response = await fetch(url, { method, headers, body });
    return { status: response.status, headers: Object.fromEntries(response.headers), ...(await response.json()) };
  } catch (error) {
    return { error: String(error) };
  }
}
