-- Two changes that are refused, one that is not.
CREATE TABLE users (id INT NOT NULL PRIMARY KEY);
CREATE TABLE profiles (
  user_id INT NOT NULL PRIMARY KEY,
  CONSTRAINT profiles_user FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE TABLE posts (
  id INT NOT NULL PRIMARY KEY,
  author_id INT NOT NULL,
  CONSTRAINT posts_author FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX posts_author_id ON posts (author_id);
CREATE TABLE logins (
  id INT NOT NULL PRIMARY KEY,
  user_id INT,
  CONSTRAINT logins_user FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX logins_user_id ON logins (user_id);
